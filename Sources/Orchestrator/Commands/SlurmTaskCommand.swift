// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import LabEngine
import SystemPackage

/// `pacctlab slurm-task`: started by Slurm on a node, to make one run of a campaign.
struct SlurmTaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slurm-task",
        abstract: "Makes one run of a campaign on a node of a cluster.",
        discussion: """
            Exit status 0 when the run's result is where whoever submitted it looks for it, whatever it came to.
            """,
        shouldDisplay: false)

    @Argument(help: "The batch's folder.") var batch: String
    @Argument(help: "The task's number in the array.") var index: Int

    func run() async throws {
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writer
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let report = try await Interruption.guarding(impatient: { emergency.killAll() }) {
            [configuration, batch, index] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                return try await SlurmNode(lab: lab, batch: FilePath(batch), index: index).run()
            }
        }
        guard let report else { return Terminal.print(["task \(index) is not wanted any more"]) }
        Terminal.print(["\(report.id): \(report.verdict.rawValue)"])
    }
}
