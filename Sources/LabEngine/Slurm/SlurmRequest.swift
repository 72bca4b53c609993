// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

/// What is asked of Slurm for the runs of a cell.
struct SlurmRequest: Sendable {
    /// Limit for one run, host time.
    let time: Duration
    /// Memory of one run, MiB.
    let memoryMiB: Int
    /// Processors of one run.
    let cpus: Int
    /// Features that its node must have; nil: none.
    let constraint: String?
    /// Whether it has its node for itself.
    let isExclusive: Bool

    /// What pacctlab takes besides the guest and QEMU, and pages of files that count as a task's memory, MiB.
    private static let taskMiB = 320
    /// For everything that is no guest: restoring or saving it, a look at its memory, reports.
    private static let besides = Duration.seconds(900)
    /// No run is given longer than this, whatever its steps' limits come to.
    private static let longest = Duration.seconds(24 * 3600)

    init(
        _ scenario: Scenario, cell: (variant: String, cpus: Int), request: RunRequest, options: SlurmOptions,
        isExclusive: Bool
    ) {
        time = options.time ?? Self.limit(scenario, cell.variant, request)
        memoryMiB = options.memoryMiB ?? request.memory + HostCapacity.overheadMiB + Self.taskMiB
        // Under TCG with counted instructions all CPUs of a guest take turns on one. A node may have KVM.
        cpus = request.accelerator == .tcg ? 1 : cell.cpus
        let features = [options.constraint, scenario.counters == .auto ? options.pmuConstraint : nil]
        let wanted = features.compactMap(\.self)
        constraint = wanted.isEmpty ? nil : wanted.joined(separator: "&")
        self.isExclusive = options.isExclusive || isExclusive
    }

    /// What the limits of the steps come to on a host that is as slow as they allow. It is there for what hangs: pacctlab
    /// itself ends a guest that does.
    private static func limit(_ scenario: Scenario, _ variant: String, _ request: RunRequest) -> Duration {
        if let timeout = request.timeout { return timeout + besides }
        let limits = TimeLimits(accelerator: .tcg, variant: variant)
        let steps = scenario.steps.map { step in
            limits.hostLimit(guest: limits.guestLimit(of: step), pace: 1) + limits.betweenSteps
        }
        return min(steps.reduce(limits.boot, +) + besides, longest)
    }

    /// Arguments of `sbatch`.
    ///
    /// - Parameters:
    ///   - name: The jobs' name: all of a campaign have the same, and nobody else's.
    ///   - folder: The batch's folder.
    func arguments(name: String, folder: FilePath, count: Int, options: SlurmOptions) -> [String] {
        var arguments = [
            "--parsable", "--array=0-\(max(0, count - 1))", "--job-name=\(name)", "--chdir=\(folder)",
            "--output=\(folder)/task-%a.log", "--open-mode=append",
            // Who runs again, and how often, is decided by whoever keeps the books.
            "--no-requeue",
            "--nodes=1", "--ntasks=1", "--cpus-per-task=\(cpus)", "--mem=\(memoryMiB)M",
            // Whole minutes, and never none: 0 would mean no limit.
            "--time=\(max(1, Int((time.inSeconds / 60).rounded(.up))))",
        ]
        if let partition = options.partition { arguments.append("--partition=\(partition)") }
        if let account = options.account { arguments.append("--account=\(account)") }
        if let constraint { arguments.append("--constraint=\(constraint)") }
        if isExclusive { arguments.append("--exclusive") }
        return arguments + options.extra + [folder.appending(SlurmFolder.scriptName).string]
    }

    /// The script of a job: the same for every task. It says itself where everything is, for clusters that hand on no
    /// environment.
    static func script(pacctlab: FilePath, home: LabHome, cache: FilePath, folder: FilePath) -> String {
        """
        #!/bin/sh
        export PACCTLAB_HOME=\(quoted(home.root.string))
        export XDG_CACHE_HOME=\(quoted(cache.removingLastComponent().string))
        exec \(quoted(pacctlab.string)) slurm-task \(quoted(folder.string)) "$SLURM_ARRAY_TASK_ID"

        """
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
