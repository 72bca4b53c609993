// SPDX-License-Identifier: Apache-2.0

import Evidence

/// Limits of a number; nil where there is none.
public struct NumberBounds: Sendable, Equatable {
    /// It must not be below this.
    public var atLeast: Int64?
    /// It must not be above this.
    public var atMost: Int64?

    /// Limits.
    public init(atLeast: Int64? = nil, atMost: Int64? = nil) {
        self.atLeast = atLeast
        self.atMost = atMost
    }

    /// Whether a number is within them.
    public func contains(_ number: Int64) -> Bool {
        (atLeast.map { number >= $0 } ?? true) && (atMost.map { number <= $0 } ?? true)
    }

    /// As in "at least 5 and at most 7".
    var text: String {
        [atLeast.map { "at least \($0)" }, atMost.map { "at most \($0)" }].compactMap(\.self)
            .joined(separator: " and ")
    }
}

/// The one finding that a run must have to pass: for modules that misbehave on purpose, and for bugs that are known.
public struct ExpectedFinding: Sendable, Equatable {
    /// Its class.
    public var crashClass: CrashClass
    /// The function it must name; nil: any, or none.
    public var function: String?
    /// How the rule must begin that it names; nil: any, or none.
    public var rule: String?
    /// The source file it must name, with or without the line and with as many folders as wanted; nil: any, or none.
    public var place: String?

    /// A finding to be expected.
    public init(_ crashClass: CrashClass, function: String? = nil, rule: String? = nil, place: String? = nil)
    {
        self.crashClass = crashClass
        self.function = function
        self.rule = rule
        self.place = place
    }

    /// Whether a finding is this one.
    public func matches(_ finding: Finding) -> Bool {
        guard finding.crashClass == crashClass else { return false }
        if let function, finding.function != function { return false }
        if let rule, finding.rule?.hasPrefix(rule) != true { return false }
        if let place, !Self.names(finding.location, place) { return false }
        return true
    }

    private static func names(_ location: String?, _ place: String) -> Bool {
        guard let location else { return false }
        let file = location.prefix { $0 != ":" }
        return [location, String(file)].contains { $0 == place || $0.hasSuffix("/\(place)") }
    }

    /// For people.
    var text: String {
        [
            "a finding of the class \(crashClass.rawValue)", function.map { "in \($0)" },
            place.map { "at \($0)" },
            rule.map { "that breaks the rule \"\($0)\"" },
        ].compactMap(\.self).joined(separator: " ")
    }
}

extension Scenario {
    /// What must hold beyond "every step passed and the kernel did not complain".
    public struct Expectations: Sendable, Equatable {
        /// Fewest energy records that must have arrived. 0: none are needed.
        public var minimumRecords = 0
        /// Whether that is asked only of modules that keep records: the scenario says `needs: []`.
        public var recordsAreOptional = false
        /// How many records must be lost; nil: none may be. Each loss must be stated by the module in any case.
        public var lost: NumberBounds?
        /// The one finding that the run must have; nil: it must have none.
        public var finding: ExpectedFinding?
        /// Bounds of all records' energy together, microjoules.
        public var energy: NumberBounds?
        /// Bounds of the energy of all records of one name together, microjoules, by the name.
        public var energyOfProcesses: [String: NumberBounds] = [:]
        /// Judges that are not asked.
        public var judgesOff: Set<JudgeName> = []
        /// Numbers that are set of judges, see ``JudgeName/threshold``.
        public var thresholds: [JudgeName: Int64] = [:]

        /// Nothing.
        public init() {}

        /// Whether it expects nothing.
        public var isEmpty: Bool { self == Expectations() }

        /// Whether it wants records of the device, with numbers and losses.
        var needsRecordABI: Bool { lost != nil || energy != nil || !energyOfProcesses.isEmpty }
    }
}
