// SPDX-License-Identifier: Apache-2.0

/// Reports of the sanitizers and of kmemleak. Formats: mm/kasan/report.c, mm/kfence/report.c,
/// mm/kmsan/report.c, kernel/kcsan/report.c, lib/ubsan.c, mm/kmemleak.c of the kernel.
enum SanitizerRules {
    static let all: [ReportRule] = [
        ReportRule("BUG: KASAN: ", kasan),
        ReportRule("BUG: KFENCE: ", named("KFENCE: ", .kfence) { .named($0) }),
        ReportRule("BUG: KMSAN: ", named("KMSAN: ", .kmsan) { .named($0) }),
        ReportRule("BUG: KCSAN: ", named("KCSAN: ", .kcsan) { .race($0) }),
        ReportRule("UBSAN: ", ubsan),
        ReportRule("BUG: memory leak", .memoryLeak, "memory leak", .stack),
        ReportRule("unreferenced object 0x", .memoryLeak, "memory leak", .stack, isEcho: true),
    ]

    /// `BUG: KASAN: slab-use-after-free in function+0x1/0x2`, next line `Read of size 8 at addr ...`.
    private static let kasan: ReportRule.Diagnose = { report, header in
        let text = header.dropping(prefix: "BUG: KASAN: ") ?? header
        let kind = kasanKind(text)
        let crashClass: CrashClass =
            switch kind {
            case "use-after-free", "slab-use-after-free": .kasanUseAfterFree
            case "double-free", "invalid-free": .kasanFree
            default: .kasanAccess
            }
        if crashClass == .kasanFree {
            return Diagnosis(
                crashClass: crashClass, title: "KASAN: \(kind)", guilt: .named(text.after(" in ") ?? []))
        }
        let access = report.lines(8).dropFirst().lazy.compactMap { SanitizerRules.access($0.text) }.first
        guard let access else {
            return torn(crashClass, kind, text)
        }
        let title = "KASAN: \(kind) \(access)"
        guard let function = text.after(" in ") else {
            let hasFunction = report.hasTrace
            return Diagnosis(crashClass: crashClass, title: title, guilt: hasFunction ? .stack : .torn)
        }
        return Diagnosis(crashClass: crashClass, title: title, guilt: .named(function))
    }

    /// The line that says what was accessed is missing.
    private static func torn(_ crashClass: CrashClass, _ kind: String, _ text: Text) -> Diagnosis {
        guard let place = text.after(" in ") else {
            return Diagnosis(crashClass: crashClass, title: "KASAN: " + GenericTitle.of(text), guilt: .torn)
        }
        let suffix = place.has(" at addr ") ? " at addr ADDR" : ""
        return Diagnosis(
            crashClass: crashClass, title: "KASAN: \(kind)", guilt: .named(place), suffix: suffix)
    }

    private static func kasanKind(_ text: Text) -> String {
        let kind = (text.before(" in ") ?? text.before(" on address") ?? text).trimmed
        // One message for both before 5.18.
        return kind.isEqual("double-free or invalid-free") ? "invalid-free" : kind.firstWord.string
    }

    private static let access: @Sendable (Text) -> String? = { text in
        for word: StaticString in ["Read", "Write"] {
            guard let rest = text.trimmed.dropping(prefix: word) else { continue }
            if rest.has(prefix: " of size") || rest.has(prefix: " at addr") { return "\(word)" }
        }
        return nil
    }

    /// `BUG: KFENCE: out-of-bounds read in function+0x1/0x2`, `BUG: KMSAN: uninit-value in function+0x1/0x2`,
    /// `BUG: KCSAN: data-race in a / b`.
    private static func named(
        _ name: StaticString, _ crashClass: CrashClass, guilt: @escaping @Sendable (Text) -> Diagnosis.Guilt
    ) -> ReportRule.Diagnose {
        { _, header in
            let text = header.after(name) ?? header
            guard let kind = text.before(" in "), let place = text.after(" in ") else {
                return Diagnosis(
                    crashClass: crashClass, title: "\(name)" + GenericTitle.of(text), guilt: .torn)
            }
            return Diagnosis(crashClass: crashClass, title: "\(name)" + kind.string, guilt: guilt(place))
        }
    }

    /// `UBSAN: array-index-out-of-bounds in file.c:12:34`, before 5.9 `UBSAN: Undefined behaviour in ...`.
    private static let ubsan: ReportRule.Diagnose = { report, header in
        let text = header.dropping(prefix: "UBSAN: ") ?? header
        guard let kind = text.before(" in ") else { return nil }
        let name = kind.isEqual("Undefined behaviour") ? "undefined-behaviour" : kind.string
        return Diagnosis(crashClass: .ubsan, title: "UBSAN: \(name)", guilt: .stack)
    }
}
