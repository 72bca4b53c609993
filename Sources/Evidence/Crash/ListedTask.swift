// SPDX-License-Identifier: Apache-2.0

/// A task in a list that the kernel was asked for, by SysRq or by `panic_print=`, with its stack.
///
/// Such a list is no report: nothing in it needs to be wrong. Who looks for a task that hangs finds it there.
/// Format: `sched_show_task()` in kernel/sched/core.c.
public struct ListedTask: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its thread id.
    public var pid: Int
    /// Its stack, innermost first.
    public var frames: [StackFrame]
    /// The lines that show it.
    public var lines: [String]

    /// Most tasks of one log, and most lines of one task.
    private static let limit = 1024
    private static let lineLimit = 64

    /// All tasks that are listed in a log, in its order; a task that is listed twice is there twice.
    public static func all(in log: [UInt8]) -> [ListedTask] {
        var tasks: [ListedTask] = []
        var callers: [Text?] = []
        for line in log[...].split(separator: UInt8(ascii: "\n")) {
            for part in ReportLine.split(line) {
                if let task = ListedTask(header: part) {
                    guard tasks.count < limit else { return tasks }
                    tasks.append(task)
                    callers.append(part.caller)
                } else if let last = tasks.indices.last, callers[last] == part.caller {
                    tasks[last].take(part)
                }
            }
        }
        return tasks
    }

    /// `task:name            state:D stack:0     pid:45    tgid:45    ppid:2 ...`
    private init?(header: ReportLine) {
        guard header.isFromKernel, let rest = header.text.trimmed.dropping(prefix: "task:"),
            let name = rest.before(" state:"), let number = rest.after(" pid:")?.firstWord.decimal,
            let pid = Int(exactly: number)
        else { return nil }
        self.name = name.trimmed.string
        self.pid = pid
        frames = []
        lines = [header.printed]
    }

    private mutating func take(_ line: ReportLine) {
        guard !isWhole, lines.count < Self.lineLimit else { return }
        lines.append(line.printed)
        if case .frame(let frame) = StackLine(line.text) { frames.append(frame) }
    }

    /// Whether the end of its stack has been read.
    private var isWhole: Bool { lines.last?.hasSuffix("</TASK>") == true }
}
