// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hypervisor
import SystemPackage

/// `pacctlab guardian`: started by pacctlab itself, to end its guests should it be killed.
struct GuardianCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian", abstract: "Watches over the guests of another pacctlab.",
        shouldDisplay: false)
    @Argument(help: "The session's folder.") var folder: String

    func run() { Guardian.runAsWatcher(folder: FilePath(folder)) }
}
