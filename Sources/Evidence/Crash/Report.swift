// SPDX-License-Identifier: Apache-2.0

/// A report of the kernel: the line that announces it, and what the same context printed after that.
///
/// The lines are read when they are asked for: most markers turn out to be harmless by their own line.
final class Report {
    /// How far a report is read, bytes: some 3000 lines, of all contexts.
    static let reach = 256 << 10
    /// Most lines of its own context that a report is taken to have.
    private static let lineLimit = 800
    /// A line that is longer than the kernel's ever are counts as several.
    private static let lineLength = 4096

    /// The line that announces it.
    let header: ReportLine
    private let log: Text
    private let limit: Int
    private let afterHeader: Int
    private var rest: Text
    private var own: [ReportLine]
    /// Bytes read so far.
    private(set) var bytesRead = 0

    /// - Parameters:
    ///   - header: the line that announces it.
    ///   - end: where the header's physical line ends in the log.
    ///   - log: the whole log.
    ///   - limit: how far to read, bytes.
    init(header: ReportLine, end: Int, log: Text, limit: Int = reach) {
        self.header = header
        self.log = log
        self.limit = limit
        afterHeader = min(end + 1, log.endIndex)
        rest = log[afterHeader...]
        own = [header]
    }

    /// Lines of the context that printed the header, the header's first.
    private(set) lazy var lines: [ReportLine] = lines(Self.lineLimit)
    /// The sections of ``lines``.
    private(set) lazy var sections = StackSection.sections(of: lines)

    /// The first `count` of ``lines``.
    func lines(_ count: Int) -> [ReportLine] {
        while own.count < count, bytesRead < limit, !rest.isEmpty {
            let line = rest.prefix(Self.lineLength).prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[min(line.endIndex + 1, rest.endIndex)...]
            bytesRead += line.count + 1
            own += ReportLine.split(line).filter { $0.isOfSameContext(as: header) }
        }
        return Array(own.prefix(count))
    }

    /// The backtrace that another CPU was made to print, as a report of its own: a CPU that makes no progress
    /// is found by another one. Nil when the first backtrace after the header is of the header's context.
    private(set) lazy var otherBacktrace: Report? = {
        guard header.caller != nil else { return nil }
        var rest = log[afterHeader...]
        for _ in 0..<200 {
            let line = rest.prefix(Self.lineLength).prefix { $0 != UInt8(ascii: "\n") }
            guard !line.isEmpty || !rest.isEmpty else { return nil }
            for part in ReportLine.split(line) where part.text.has(prefix: "NMI backtrace for cpu") {
                guard !part.isOfSameContext(as: header) else { return nil }
                return Report(header: part, end: line.endIndex, log: log, limit: limit)
            }
            rest = rest[min(line.endIndex + 1, rest.endIndex)...]
        }
        return nil
    }()

    /// The first line after the header, within `count` lines, that has `word` in it.
    func line(with word: StaticString, within count: Int) -> Text? {
        lines(count).dropFirst().lazy.map(\.text).first { $0.has(word) }
    }

    /// What the context printed just before the header: from `[ cut here ]` or a line of `=` on. Empty when
    /// there is no such line.
    private(set) lazy var preamble: [ReportLine] = {
        var lines: [ReportLine] = []
        var end = header.start
        for _ in 0..<12 {
            guard let newline = log[..<end].suffix(4096).lastIndex(of: UInt8(ascii: "\n")) else { return [] }
            end = newline
            let start =
                log[..<end].suffix(4096).lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? log.startIndex
            for line in ReportLine.split(log[start..<end]).reversed() where line.isOfSameContext(as: header) {
                lines.append(line)
                if line.text.has("[ cut here ]") || line.text.has("======") { return lines.reversed() }
            }
        }
        return []
    }()

    /// The time stamp of the last line before the header that has one, microseconds since boot.
    var timeBefore: UInt64? {
        var end = header.start
        for _ in 0..<200 {
            guard let newline = log[..<end].suffix(4096).lastIndex(of: UInt8(ascii: "\n")) else { return nil }
            end = newline
            let start =
                log[..<end].suffix(4096).lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? log.startIndex
            if let time = LinePrefix(log[start..<end]).timeUs { return time }
        }
        return nil
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

    /// The index after the last line that belongs to the report proper: its first call trace.
    var bodyEnd: Int {
        let trace = sections.firstIndex { $0.kind == .trace && $0.frames.contains(where: \.isReliable) }
        let end = sections.dropFirst((trace ?? 0) + 1).first.map(\.start) ?? lines.count
        return min(end, lines.count)
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
