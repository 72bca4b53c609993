// SPDX-License-Identifier: Apache-2.0

/// A report, understood.
struct Crash {
    let crashClass: CrashClass
    let title: String
    let function: String?
    let signature: String
    /// Whether the report is torn, so that more than its class would be a guess.
    let isCorrupted: Bool
    /// Whether it is a part of another report, when that one was not lost.
    let isEcho: Bool
    /// Whether corpora of crashes call it a crash, as opposed to the lab alone.
    let isCrash: Bool
    /// The report, from its header on.
    let header: Report
    /// Where the stack is: the same, unless another CPU printed it.
    let report: Report
    /// Somebody of a module who is not on the stack.
    private let named: StackFrame?

    init?(_ header: Report, _ rule: ReportRule, at position: Int) {
        guard let diagnosis = rule.diagnosis(of: header, at: position) else { return nil }
        self.header = header
        let report = diagnosis.isAboutAnotherCPU ? header.otherBacktrace ?? header : header
        self.report = report
        named = NamedFrame.find(in: report, diagnosis.guilt)
        isEcho = rule.isEcho
        isCrash = diagnosis.isCrash
        crashClass = diagnosis.crashClass
        let isTorn = diagnosis.guilt.needsTrace && TornReport.isTorn(report)
        let function =
            isTorn
            ? nil
            : GuiltyModule.function(in: report, diagnosis) ?? GuiltyFrame.find(in: report, diagnosis.guilt)
        self.function = function
        switch diagnosis.guilt {
        case .nobody:
            title = diagnosis.title
            isCorrupted = false
        case .torn:
            title = diagnosis.title
            isCorrupted = true
        case .race(let names):
            let functions = RacingFrames.find(in: report, named: names)
            title = diagnosis.title + " in " + functions.joined(separator: " / ")
            isCorrupted = functions.isEmpty
        default:
            title = diagnosis.title + " in " + (function ?? "corrupted") + diagnosis.suffix
            isCorrupted = function == nil || !report.hasTrace
        }
        signature = Signature.of(
            crashClass, function: function, title: title,
            detail: function == nil ? nil : BugDetail.of(report, diagnosis, function: function))
    }

    /// Lines that show it: what was printed just before the header, and the report as far as its first call
    /// trace goes.
    var evidence: [String] {
        let body = report.lines.prefix(min(report.bodyEnd, Self.evidenceLimit))
        let start = report === header ? [] : header.lines(Self.headerLines)
        return (header.preamble + start + body).map(\.printed)
    }

    private static let evidenceLimit = 120
    /// Lines of the header when the stack is elsewhere.
    private static let headerLines = 6

    /// The finding that it is.
    var finding: Finding {
        Finding(
            crashClass: crashClass, title: title, function: function, signature: signature,
            rule: ModuleRule.broken(by: self), evidence: evidence,
            frames: (named.map { [$0] } ?? []) + report.frames)
    }
}
