// SPDX-License-Identifier: Apache-2.0

/// A part of a report that holds stack frames.
struct StackSection {
    /// What its frames are.
    enum Kind: Equatable {
        /// Registers and the like, before any call trace.
        case header
        /// A call trace of the context the report is about.
        case trace
        /// A call trace of somebody who is not guilty: a thread that waits, another CPU.
        case bystander
        /// A call trace of the past: who allocated, who freed, who took a lock.
        case history
        /// After the end of the report.
        case end
    }

    var kind: Kind
    /// Frames, innermost first, and where the program counter was.
    var frames: [StackFrame] = []
    /// Where the program counter was.
    var registers: [StackFrame] = []
    /// The line it starts with, as an index into the report's lines.
    var start: Int

    static func sections(of lines: [ReportLine]) -> [StackSection] {
        var sections = [StackSection(kind: .header, start: 0)]
        var next: Kind = .trace
        for (index, line) in lines.enumerated() {
            let last = sections.count - 1
            switch StackLine(line.text) {
            case .traceStart:
                sections.append(StackSection(kind: sections[last].kind == .end ? .end : next, start: index))
                next = .trace
            case .frame(let frame):
                // KMSAN and KCSAN print the stack right after the header, without a label.
                if index == 1, frame.isReliable { sections[last].kind = .trace }
                sections[last].frames.append(frame)
            case .programCounter(let frame):
                guard let frame else { continue }
                sections[last].frames.append(frame)
                sections[last].registers.append(frame)
            case .userProgramCounter: continue
            case .other:
                let text = line.text.trimmed
                // Some architectures print no "Call Trace:".
                if sections[last].kind == .bystander, text.has(prefix: "CPU: "), text.has(" PID: ") {
                    sections.append(StackSection(kind: .trace, start: index))
                } else if let label = label(text) {
                    if label == .bystander {
                        next = .bystander
                    } else {
                        sections.append(StackSection(kind: label, start: index))
                    }
                }
            }
        }
        return sections
    }

    private static func label(_ text: Text) -> Kind? {
        for (words, kind) in labels where words.contains(where: { text.has(prefix: $0) }) { return kind }
        return nil
    }

    private static let labels: [(words: [StaticString], kind: Kind)] = [
        (
            ["read to 0x", "write to 0x", "read-write to 0x", "read (", "write (", "race at unknown origin"],
            .trace
        ),
        (
            [
                "Allocated by", "Allocated:", "Freed by", "Freed:", "Last potentially related work",
                "Second to last potentially", "The buggy address belongs", "Memory state around",
                "Uninit was", "Local variable", "Last call_rcu", "Last creation", "raw: ",
                "page allocated via",
                "page last", "-> #", "Showing all locks held",
            ], .history
        ),
        (["RCU grace-period kthread stack dump", "rcu: RCU grace-period kthread stack dump"], .bystander),
        (["---[ end trace", "Kernel Offset:", "Rebooting in"], .end),
    ]
}
