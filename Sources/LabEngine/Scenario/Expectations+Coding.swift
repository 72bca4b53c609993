// SPDX-License-Identifier: Apache-2.0

import Evidence
import Yams

extension Scenario.Expectations {
    /// Classes that a run can be expected to find. What was expected and missed is none.
    static let classes = CrashClass.allCases.map(\.rawValue).filter {
        $0 != CrashClass.expectationMissed.rawValue
    }

    /// Reads what stands behind `expect`.
    init(in root: YAMLMapping) throws(ScenarioError) {
        guard let node = root.value("expect") else { return }
        let mapping = try root.inner(node, expected: "a mapping below \"expect\"")
        try mapping.checkKeys(ScenarioField.expectations.map(\.name), of: "\"expect\"")
        minimumRecords = try mapping.integer("records") ?? 0
        if let bounds = try mapping.mapping("lost") { lost = try bounds.bounds(of: "lost") }
        if let finding = try mapping.mapping("finding") { self.finding = try Self.finding(finding) }
        if let energy = try mapping.mapping("energy") { try readEnergy(energy) }
        if let judges = try mapping.mapping("judges") { try readJudges(judges) }
    }

    private static func finding(_ mapping: YAMLMapping) throws(ScenarioError) -> ExpectedFinding {
        try mapping.checkKeys(ScenarioField.finding.map(\.name), of: "\"finding\"")
        let word = try mapping.required("class", of: "\"finding\"")
        guard classes.contains(word), let crashClass = CrashClass(rawValue: word) else {
            let hint = nearestWord(to: word, in: classes).map { "; did you mean \"\($0)\"?" } ?? ""
            throw mapping.error("there is no class \"\(word)\"\(hint)", at: "class")
        }
        return ExpectedFinding(
            crashClass, function: try mapping.string("function"), rule: try mapping.string("rule"),
            place: try mapping.string("at"))
    }

    private mutating func readEnergy(_ mapping: YAMLMapping) throws(ScenarioError) {
        try mapping.checkKeys(ScenarioField.energy.map(\.name), of: "\"energy\"")
        if let total = try mapping.mapping("total") { energy = try total.bounds(of: "total") }
        guard let processes = try mapping.mapping("processes") else { return }
        for comm in processes.keys {
            guard let bounds = try processes.mapping(comm) else { continue }
            energyOfProcesses[comm] = try bounds.bounds(of: comm)
        }
    }

    private mutating func readJudges(_ mapping: YAMLMapping) throws(ScenarioError) {
        try mapping.checkKeys(JudgeName.allCases.map(\.rawValue), of: "\"judges\"")
        for key in mapping.keys {
            guard let name = JudgeName(rawValue: key) else { continue }
            if case .mapping? = mapping.value(key) {
                guard let threshold = name.threshold, let inner = try mapping.mapping(key) else {
                    throw mapping.error("the judge \"\(key)\" has no threshold: it can be on or off", at: key)
                }
                try inner.checkKeys([threshold.name], of: "the judge \"\(key)\"")
                thresholds[name] = Int64(try inner.integer(threshold.name) ?? 0)
            } else if try mapping.boolean(key) == false {
                guard name.maySwitchOff else {
                    throw mapping.error(
                        "the judge \"\(key)\" cannot be switched off: without it no run could pass", at: key)
                }
                judgesOff.insert(name)
            }
        }
    }
}

extension YAMLMapping {
    /// The mapping behind a key, nil when there is none.
    func mapping(_ key: String) throws(ScenarioError) -> YAMLMapping? {
        guard let node = value(key) else { return nil }
        return try inner(node, expected: "a mapping below \"\(key)\"")
    }

    /// Limits of a number.
    fileprivate func bounds(of what: String) throws(ScenarioError) -> NumberBounds {
        try checkKeys(ScenarioField.bounds.map(\.name), of: "\"\(what)\"")
        let bounds = NumberBounds(
            atLeast: try integer("at_least").map { Int64($0) },
            atMost: try integer("at_most").map { Int64($0) })
        guard bounds != NumberBounds() else {
            throw error("\"\(what)\" needs \"at_least\", \"at_most\" or both")
        }
        if let least = bounds.atLeast, let most = bounds.atMost, least > most {
            throw error("\"at_least\" must not be above \"at_most\"", at: "at_least")
        }
        return bounds
    }
}

// MARK: - writing

extension Scenario.Expectations {
    /// As they stand in a file.
    var fields: [(String, Node)] {
        var fields: [(String, Node)] = []
        if minimumRecords > 0 { fields.append(("records", .text("\(minimumRecords)"))) }
        if let lost { fields.append(("lost", lost.node)) }
        if let finding {
            let parts: [(String, String?)] = [
                ("class", finding.crashClass.rawValue), ("function", finding.function),
                ("rule", finding.rule), ("at", finding.place),
            ]
            fields.append(
                ("finding", .fields(parts.compactMap { key, text in text.map { (key, .text($0)) } })))
        }
        var energies: [(String, Node)] = []
        if let energy { energies.append(("total", energy.node)) }
        if !energyOfProcesses.isEmpty {
            let processes = energyOfProcesses.sorted { $0.key < $1.key }
            energies.append(("processes", .fields(processes.map { ($0.key, $0.value.node) })))
        }
        if !energies.isEmpty { fields.append(("energy", .fields(energies))) }
        var judges = judgesOff.sorted().map { ($0.rawValue, Node.text("off")) }
        for (name, number) in thresholds.sorted(by: { $0.key < $1.key }) {
            guard let threshold = name.threshold else { continue }
            judges.append((name.rawValue, .fields([(threshold.name, .text("\(number)"))])))
        }
        if !judges.isEmpty { fields.append(("judges", .fields(judges))) }
        return fields
    }
}

extension NumberBounds {
    fileprivate var node: Node {
        let parts = [("at_least", atLeast), ("at_most", atMost)]
        return .fields(parts.compactMap { key, number in number.map { (key, .text("\($0)")) } })
    }
}
