// SPDX-License-Identifier: Apache-2.0

import Evidence

/// Gives findings without a stack the one that the guest's memory has.
enum DumpStack {
    /// Frames that go with a finding as evidence.
    private static let shown = 24
    /// What is wrong with the machine as a whole: only these are explained by what a CPU was doing.
    private static let classes: Set<CrashClass> = [
        .panic, .silentHang, .stall, .taskHung, .unloadStuck, .stackCorruption, .guestOutOfMemory, .other,
    ]

    /// The findings, those without frames completed.
    static func complete(_ findings: [Finding], from postmortem: Postmortem) -> [Finding] {
        guard let task = culprit(in: postmortem) else { return findings }
        return findings.map { finding in
            guard finding.frames.isEmpty, classes.contains(finding.crashClass) else { return finding }
            var finding = finding
            finding.adopt(stack: stack(of: task), lines: lines(of: task))
            return finding
        }
    }

    /// The task to look at: one in a module, else the one that panicked, else one that was doing something. Blocked
    /// tasks come behind those on a CPU.
    static func culprit(in postmortem: Postmortem) -> Postmortem.Task? {
        let all = (postmortem.cpus + postmortem.tasks).filter { $0.frames?.isEmpty == false }
        func weight(_ task: Postmortem.Task) -> Int {
            (task.isInModule ? 4 : 0) + (task.crashed == true ? 2 : 0)
                + (task.cpu != nil && task.idle != true ? 1 : 0)
        }
        return all.enumerated().max { (weight($0.element), -$0.offset) < (weight($1.element), -$1.offset) }
            .flatMap { weight($0.element) > 0 ? $0.element : nil }
    }

    private static func stack(of task: Postmortem.Task) -> [StackFrame] {
        (task.frames ?? []).map(\.stackFrame)
    }

    /// The stack as the kernel would have printed it. The instruction pointer is marked as such, for the place in the
    /// source goes by it.
    private static func lines(of task: Postmortem.Task) -> [String] {
        let place = task.cpu.map { "CPU: \($0) " } ?? ""
        let frames = (task.frames ?? []).filter { $0.inlined != true }.prefix(shown)
        return ["\(place)PID: \(task.pid) Comm: \(task.comm.printable), from the memory dump:"]
            + frames.map { frame in
                (frame.exact == true ? "RIP: 0010:\(frame.printed)" : " \(frame.printed)").printable
            }
    }
}

extension Postmortem.Task {
    fileprivate var isInModule: Bool { frames?.contains { $0.module != nil } ?? false }
}
