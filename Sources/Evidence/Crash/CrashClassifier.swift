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

    /// Most findings of one log, and most consequences of one finding.
    private static let findingLimit = 32

    /// A classifier.
    public init() {}

    /// Everything in this log that is a finding: the first crash first, and what followed it among its
    /// consequences. Empty for a clean log.
    ///
    /// Reports that leave the kernel sound (data races, leaks, undefined behaviour) explain nothing that
    /// comes later, so what follows them is a finding of its own. The same bug again only counts.
    public func classify(_ log: [UInt8]) -> [Finding] {
        var findings: [Finding] = []
        CrashFinder(log).crashes { crash in
            if let same = findings.firstIndex(where: { $0.signature == crash.signature }) {
                findings[same].count += 1
            } else if let cause = cause(of: crash, among: findings) {
                let titles = findings[cause].consequences
                if titles.count < Self.findingLimit, !titles.contains(crash.title) {
                    findings[cause].consequences.append(crash.title)
                    // lockdep sees that a hook allocates before the scheduler's own check does, and does
                    // not know whose rule that breaks.
                    if findings[cause].rule == nil, findings[cause].function == crash.function {
                        findings[cause].rule = ModuleRule.broken(by: crash)
                    }
                }
            } else if findings.count < Self.findingLimit {
                findings.append(crash.finding)
            }
            return true
        }
        return findings.filter { !isSuperseded($0, by: findings) }
    }

    /// That there are suspected leaks is no news when their reports are there too.
    private func isSuperseded(_ finding: Finding, by findings: [Finding]) -> Bool {
        finding.crashClass == .memoryLeak && finding.function == nil
            && findings.contains { $0.crashClass == .memoryLeak && $0.function != nil }
    }

    /// The finding that may have caused this crash: the first one that damaged the kernel. For a panic, which
    /// ends what something else began, any.
    private func cause(of crash: Crash, among findings: [Finding]) -> Int? {
        if let cause = findings.firstIndex(where: { !Self.sound.contains($0.crashClass) }) { return cause }
        return crash.crashClass == .panic ? findings.indices.last : nil
    }

    /// Reports that leave the kernel as sound as it was.
    private static let sound: Set<CrashClass> = [.kcsan, .memoryLeak, .ubsan]

    /// The first crash, in the form a corpus is scored by.
    public func classifyCorpus(_ log: [UInt8]) -> CorpusAnswer {
        var answer = CorpusAnswer(crash: false, crashClass: nil, function: nil, title: nil, corrupted: false)
        CrashFinder(log).crashes { crash in
            guard let crashClass = Self.corpusClass(crash) else { return true }
            answer = CorpusAnswer(
                crash: true, crashClass: crashClass, function: crash.function, title: crash.title,
                corrupted: crash.isCorrupted)
            return false
        }
        return answer
    }

    /// The class that corpora of logs have for it; nil when they do not call it a crash.
    private static func corpusClass(_ crash: Crash) -> CrashClass? {
        guard crash.isCrash else { return nil }
        return crash.crashClass == .guestOutOfMemory ? .panic : crash.crashClass
    }
}
