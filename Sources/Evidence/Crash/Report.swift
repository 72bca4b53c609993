// SPDX-License-Identifier: Apache-2.0

/// A report of the kernel: the line that announces it, and what the same context printed after that.
final class Report {
    /// Most lines that a report is taken to have.
    static let lineLimit = 3000

    /// The line that announces it.
    let header: ReportLine
    private let following: Text
    private let limit: Int

    /// Lines of the context that printed the header, the header's first.
    private(set) lazy var lines = [header] + allLines.dropFirst().filter { $0.isOfSameContext(as: header) }
    /// Lines of every context, the header's first.
    private(set) lazy var allLines = readLines()
    /// The sections of ``lines``.
    private(set) lazy var sections = StackSection.sections(of: lines)

    /// - Parameters:
    ///   - header: the line that announces it.
    ///   - following: the log after that line.
    init(header: ReportLine, following: Text, limit: Int = lineLimit) {
        self.header = header
        self.following = following
        self.limit = limit
    }

    private func readLines() -> [ReportLine] {
        var lines = [header]
        var rest = following
        while lines.count < limit, !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            lines += ReportLine.split(line)
            rest = rest[min(line.endIndex + 1, rest.endIndex)...]
        }
        return lines
    }

    /// The text of each line.
    func texts(_ count: Int = .max) -> some Sequence<Text> { lines.prefix(count).lazy.map(\.text) }

    /// The first line after the header, within `count` lines, that has `word` in it.
    func line(with word: StaticString, within count: Int = .max) -> Text? {
        texts(count).dropFirst().first { $0.has(word) }
    }

    /// The frames of the context the report is about: where the program counter was, and the first call
    /// trace.
    private(set) lazy var frames: [StackFrame] = {
        var frames: [StackFrame] = []
        for section in sections {
            switch section.kind {
            case .header: frames += hasLabelledTrace ? section.registers : section.frames
            case .trace:
                guard section.frames.contains(where: \.isReliable) else { continue }
                return frames + section.frames
            case .end: return frames
            case .bystander, .history: continue
            }
        }
        return frames
    }()

    /// Whether there is a call trace with at least one frame the unwinder was sure of.
    private(set) lazy var hasTrace: Bool =
        hasLabelledTrace || sections[0].frames.filter(\.isReliable).count > sections[0].registers.count

    private var hasLabelledTrace: Bool {
        sections.contains { $0.kind == .trace && $0.frames.contains(where: \.isReliable) }
    }
}

extension ReportLine {
    /// Whether the same context may have printed both lines. Without callers in the log nobody knows, but
    /// a line without a time stamp is not from the kernel when others have one.
    func isOfSameContext(as other: ReportLine) -> Bool {
        if other.caller != nil { return caller == other.caller }
        return caller == nil && (isFromKernel || !other.isFromKernel)
    }
}
