// SPDX-License-Identifier: Apache-2.0

/// What KUnit says in the kernel log, in the kernel's dialect of the test anything protocol
/// (Documentation/dev-tools/ktap.rst of the kernel).
///
///     KTAP version 1
///     1..2
///         KTAP version 1
///         # Subtest: arithmetic
///         1..1
///         ok 1 adds
///     ok 1 arithmetic
///     ok 2 ring # SKIP no memory
struct KTAP: Equatable {
    /// What a line of a result says.
    enum Outcome: Equatable {
        case passed
        case failed
        case skipped
    }

    /// Results of tests and suites, in their order, by name.
    private(set) var results: [(name: String, isSuite: Bool, outcome: Outcome)] = []
    /// Results that were announced (`1..N`), of suites and of the tests in each.
    private(set) var planned = 0

    /// Tests that ran and passed.
    var passedTests: Int { results.count { !$0.isSuite && $0.outcome == .passed } }
    /// Names of what failed or was skipped.
    var bad: [String] { results.filter { $0.outcome != .passed }.map(\.name) }

    /// Reads the lines of a log; what is no KTAP is left out.
    init(log: String) {
        var isOpen = false
        for line in log.split(separator: "\n") {
            let text = Self.message(of: line)
            let words = text.split(separator: " ")
            if text.drop(while: { $0 == " " }).hasPrefix("KTAP version") { isOpen = true }
            guard isOpen, let first = words.first else { continue }
            if words.count == 1, first.hasPrefix("1.."), let count = Int(first.dropFirst(3)) {
                planned += count
            } else if let result = Self.result(words) {
                results.append((result.name, !text.hasPrefix(" "), result.outcome))
            }
        }
    }

    /// The message of a line of kernel.log, which has time and caller in front: `[    1.000000][   T44] ok 1 x`.
    private static func message(of line: Substring) -> Substring {
        guard line.hasPrefix("["), let end = line.range(of: "] ", options: []) else { return line }
        return line[end.upperBound...]
    }

    /// `ok 1 name`, `not ok 1 - name # SKIP why`.
    private static func result(_ words: [Substring]) -> (name: String, outcome: Outcome)? {
        let isBad = words.starts(with: ["not", "ok"])
        let rest = words.dropFirst(isBad ? 2 : 1)
        guard isBad || words.first == "ok", let number = rest.first, Int(number) != nil else { return nil }
        let name = rest.dropFirst().drop { $0 == "-" }.first.map(String.init) ?? ""
        if isBad { return (name, .failed) }
        let directive = words.drop { $0 != "#" }.dropFirst().first
        return (name, directive == "SKIP" ? .skipped : .passed)
    }

    static func == (left: KTAP, right: KTAP) -> Bool {
        left.planned == right.planned && left.results.elementsEqual(right.results, by: ==)
    }
}
