// SPDX-License-Identifier: Apache-2.0

/// Reads a console log and tells what crashed.
public struct CrashClassifier: Sendable {
    /// The answer for one log, in the form a corpus of logs is scored by.
    public struct CorpusAnswer: Sendable, Equatable {
        /// Whether there is a crash at all.
        public var crash: Bool
        /// Its class, nil without a crash.
        public var crashClass: CrashClass?
        /// The guilty function, nil when nothing names it.
        public var function: String?
        /// Its title, nil without a crash.
        public var title: String?
        /// Whether the report is torn, so that more than its class would be a guess.
        public var corrupted: Bool
    }

    private static let rules =
        SanitizerRules.all + LockRules.all + StallRules.all + FaultRules.all + AssertionRules.all
    private static let scanner = HeaderScanner(rules.map(\.marker))

    /// A classifier.
    public init() {}

    /// Everything in this log that is a finding: one for each independent crash, the first one first, and
    /// what followed it among its consequences. Empty for a clean log.
    public func classify(_ log: [UInt8]) -> [Finding] {
        var findings: [Finding] = []
        Self.crashes(in: log) { crash in
            if findings.isEmpty {
                findings.append(
                    Finding(
                        crashClass: crash.crashClass, title: crash.title, function: crash.function,
                        evidence: [crash.header], frames: crash.frames))
            } else {
                findings[0].consequences.append(crash.title)
            }
            return true
        }
        return findings
    }

    /// The first crash, in the form a corpus is scored by.
    public func classifyCorpus(_ log: [UInt8]) -> CorpusAnswer {
        var answer = CorpusAnswer(crash: false, crashClass: nil, function: nil, title: nil, corrupted: false)
        Self.crashes(in: log) { crash in
            answer = CorpusAnswer(
                crash: true, crashClass: crash.crashClass, function: crash.function, title: crash.title,
                corrupted: crash.isCorrupted)
            return false
        }
        return answer
    }

    private struct Crash {
        var crashClass: CrashClass
        var title: String
        var function: String?
        var isCorrupted: Bool
        var header: String
        var frames: [StackFrame]
    }

    private static func crashes(in log: [UInt8], visit: (Crash) -> Bool) {
        scanner.scan(log) { line in
            let parts = ReportLine.split(log[line])
            for part in parts {
                let following = log[min(line.upperBound + 1, log.count)...]
                let report = Report(header: part, following: following)
                if let crash = crash(report) { return visit(crash) }
            }
            return true
        }
    }

    private static func crash(_ report: Report) -> Crash? {
        for rule in rules {
            guard let place = report.header.text.range(of: rule.marker),
                let diagnosis = rule.diagnose(report, report.header.text[place.lowerBound...])
            else { continue }
            let function = GuiltyFrame.find(in: report, diagnosis.guilt)
            var title = diagnosis.title
            var isCorrupted = false
            switch diagnosis.guilt {
            case .nobody: break
            case .torn: isCorrupted = true
            default:
                title += " in " + (function ?? "corrupted") + diagnosis.suffix
                isCorrupted = function == nil || !report.hasTrace
            }
            return Crash(
                crashClass: diagnosis.crashClass, title: title, function: function, isCorrupted: isCorrupted,
                header: report.header.printed, frames: report.frames)
        }
        return nil
    }
}
