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

    /// A classifier.
    public init() {}

    /// Everything in this log that is a finding: one for each independent crash, the first one first, and
    /// what followed it among its consequences. Empty for a clean log.
    public func classify(_ log: [UInt8]) -> [Finding] {
        var findings: [Finding] = []
        for line in ConsoleLine.lines(of: log) {
            guard let (crashClass, title) = Self.header(line.text) else { continue }
            if findings.isEmpty {
                findings.append(Finding(crashClass: crashClass, title: title, evidence: [line.printed]))
            } else {
                findings[0].consequences.append(title)
            }
        }
        return findings
    }

    /// The first crash, in the form a corpus is scored by.
    public func classifyCorpus(_ log: [UInt8]) -> CorpusAnswer {
        guard let first = classify(log).first else {
            return CorpusAnswer(crash: false, crashClass: nil, function: nil, title: nil, corrupted: false)
        }
        return CorpusAnswer(
            crash: true, crashClass: first.crashClass, function: first.function, title: first.title,
            corrupted: false)
    }

    private static let headers: [(prefix: String, crashClass: CrashClass)] = [
        ("BUG: KASAN: use-after-free", .kasanUseAfterFree),
        ("BUG: KASAN: slab-use-after-free", .kasanUseAfterFree),
        ("BUG: KASAN: double-free", .kasanFree), ("BUG: KASAN: invalid-free", .kasanFree),
        ("BUG: KASAN:", .kasanAccess), ("BUG: KFENCE:", .kfence), ("BUG: KCSAN:", .kcsan),
        ("UBSAN:", .ubsan), ("WARNING: possible ", .lockdep), ("WARNING: bad unlock", .lockdep),
        ("WARNING: suspicious RCU usage", .lockdep), ("WARNING: inconsistent lock state", .lockdep),
        ("BUG: sleeping function called from", .atomicContext),
        ("BUG: scheduling while atomic", .atomicContext),
        ("watchdog: BUG: soft lockup", .stall), ("rcu: INFO: rcu_", .stall),
        ("BUG: workqueue lockup", .stall), ("BUG: kernel NULL pointer dereference", .nullDereference),
        ("BUG: unable to handle", .pageFault), ("general protection fault", .generalProtection),
        ("Oops: general protection fault", .generalProtection), ("kernel BUG at", .kernelBug),
        ("refcount_t:", .refcount), ("WARNING: ", .warning), ("Kernel panic - not syncing", .panic),
    ]

    private static func header(_ text: String) -> (CrashClass, String)? {
        if text.hasPrefix("INFO: task "), text.contains(" blocked for more than ") {
            return (.taskHung, "INFO: task hung")
        }
        return headers.first { text.hasPrefix($0.prefix) }.map { ($0.crashClass, text) }
    }
}
