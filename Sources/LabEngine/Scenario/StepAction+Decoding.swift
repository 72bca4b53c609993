// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Yams

/// What a step does, from its mapping.
extension YAMLMapping {
    func action(_ kind: StepKind, depth: Int) throws(ScenarioError) -> Scenario.Action {
        switch kind {
        case .load: .load(try module(kind), parameters: try string("parameters") ?? "")
        case .unload: .unload(try module(kind))
        case .run: .run(try command(), environment: try environment())
        case .workload: try workloadAction()
        case .hotplug: try hotplug()
        case .wait: .wait(try needed(duration("wait"), "wait"))
        case .write: .write(path: try headline(kind), text: try required("text", of: "a \"write\" step"))
        case .collect: try collect()
        case .check: try check()
        case .together: .together(try companions(depth: depth))
        case .repeating:
            .repeating(try rounds(), try Scenario.Step.steps("steps", in: self, depth: depth + 1))
        case .fault: .fault(try fault(), try Scenario.Step.steps("steps", in: self, depth: depth + 1))
        case .suspend: try suspension(depth: depth)
        }
    }

    /// Error numbers by their names.
    func errors(_ key: String) throws(ScenarioError) -> [Int32] {
        var numbers: [Int32] = []
        for name in try strings(key) ?? [] { numbers.append(try error(named: name, at: key)) }
        return numbers
    }

    /// The workload that the step names.
    func workload() throws(ScenarioError) -> Workload {
        let name = try string("workload") ?? ""
        if let workload = Workload.named(name) { return workload }
        let known = Workload.all.map(\.name)
        let hint = nearestWord(to: name, in: known).map { "; did you mean \"\($0)\"?" } ?? ""
        throw error(
            "there is no workload \"\(name)\", only \(Self.list(known))\(hint)", at: "workload")
    }

    // MARK: - what stands behind the key

    private func headline(_ kind: StepKind) throws(ScenarioError) -> String {
        let text = try string(kind.rawValue) ?? ""
        guard !text.isEmpty else {
            throw error("\"\(kind.rawValue)\" must not be empty", at: kind.rawValue)
        }
        return text
    }

    private func module(_ kind: StepKind) throws(ScenarioError) -> Scenario.ModuleName {
        let text = try headline(kind)
        return text == "module" ? .underTest : .lab(text)
    }

    private func command() throws(ScenarioError) -> [String] {
        guard case .sequence? = value("run") else { return ["sh", "-c", try headline(.run)] }
        let words = try strings("run") ?? []
        guard !words.isEmpty else { throw error("\"run\" must not be empty", at: "run") }
        return words
    }

    private func environment() throws(ScenarioError) -> [String: String] {
        guard let node = value("environment") else { return [:] }
        let mapping = try inner(node, expected: "a mapping of names to values")
        var result: [String: String] = [:]
        for key in mapping.keys { result[key] = try mapping.string(key) }
        return result
    }

    private func workloadAction() throws(ScenarioError) -> Scenario.Action {
        let workload = try workload()
        var settings: [String: UInt64] = [:]
        for parameter in workload.parameters {
            settings[parameter.name] = try setting(parameter, at: parameter.name)
        }
        return .workload(workload, settings: settings)
    }

    /// Short for the workload of that name.
    private func hotplug() throws(ScenarioError) -> Scenario.Action {
        guard let workload = Workload.named("hotplug") else { throw error("there is no hotplug") }
        var settings: [String: UInt64] = [:]
        for parameter in workload.parameters {
            let key = parameter.name == "count" ? "hotplug" : parameter.name
            settings[parameter.name] = try setting(parameter, at: key)
        }
        return .workload(workload, settings: settings)
    }

    private func setting(_ parameter: Workload.Parameter, at key: String) throws(ScenarioError) -> UInt64? {
        guard let text = try string(key) else { return nil }
        guard let value = parameter.value(text) else {
            throw error("\"\(key)\" must be \(parameter.expectation); found \"\(text)\"", at: key)
        }
        return value
    }

    private func collect() throws(ScenarioError) -> Scenario.Action {
        let path = try headline(.collect)
        let name = try string("as") ?? path.split(separator: "/").last.map(String.init) ?? path
        guard name.utf8.allSatisfy(Self.isFileNameByte), !name.hasPrefix(".") else {
            throw error("\"as\" must be a file name of letters, digits, dots, dashes", at: "as")
        }
        return .collect(path: path, name: name)
    }

    private static func isFileNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func check() throws(ScenarioError) -> Scenario.Action {
        let path = try headline(.check)
        guard path == "log" || path.hasPrefix("/") else {
            throw error("\"check\" needs the path of a file, or \"log\"", at: "check")
        }
        var conditions: [Condition] = []
        if let text = try string("equals") { conditions.append(.equals(text)) }
        if let text = try string("contains") { conditions.append(.contains(text)) }
        if let text = try string("lacks") { conditions.append(.lacks(text)) }
        if let number = try integer("at_least") { conditions.append(.atLeast(Int64(number))) }
        if let number = try integer("at_most") { conditions.append(.atMost(Int64(number))) }
        guard let condition = conditions.first, conditions.count == 1 else {
            let words = StepKind.conditions.map(\.name)
            throw error("a \"check\" step needs exactly one of \(Self.list(words))")
        }
        return .check(path: path == "log" ? "" : path, condition)
    }

    // MARK: - groups

    private func rounds() throws(ScenarioError) -> Int {
        let rounds = try needed(integer("repeat"), "repeat")
        guard (1...1_000_000).contains(rounds) else {
            throw error("\"repeat\" must be a whole number from 1 to 1000000", at: "repeat")
        }
        return rounds
    }

    private func companions(depth: Int) throws(ScenarioError) -> [Scenario.Step] {
        let steps = try Scenario.Step.steps("together", in: self, depth: depth + 1)
        guard steps.contains(where: { !$0.background }) || mistakes?.all.isEmpty == false else {
            throw error(
                "one of the steps must not be in the background: the others last as long as that one",
                at: "together")
        }
        return steps
    }

    private func suspension(depth: Int) throws(ScenarioError) -> Scenario.Action {
        let what = try headline(.suspend)
        guard what == "records" else {
            throw error("only \"records\" can be suspended; found \"\(what)\"", at: "suspend")
        }
        return .suspendRecords(try Scenario.Step.steps("steps", in: self, depth: depth + 1))
    }

    private func fault() throws(ScenarioError) -> Fault {
        let words = Fault.Kind.allCases.map(\.word)
        let word = try headline(.fault)
        guard let kind = Fault.Kind.allCases.first(where: { $0.word == word }) else {
            let hint = nearestWord(to: word, in: words).map { "; did you mean \"\($0)\"?" } ?? ""
            throw error("\"fault\" must be one of \(Self.list(words))\(hint)", at: "fault")
        }
        let function = try string("function") ?? ""
        guard function.isEmpty == (kind != .function) else {
            throw error("\"function\" names the function of \"fault: fail_function\"", at: "function")
        }
        let errorName = try string("error") ?? "ENOMEM"
        return Fault(
            kind: kind, probability: try number("probability", in: 1...100, standard: 100),
            interval: try number("interval", in: 1...1_000_000, standard: 1),
            times: try number("times", in: 1...Fault.unlimited, standard: Fault.unlimited),
            space: try number("space", in: 0...1_000_000_000, standard: 0),
            workers: try boolean("workers") ?? true, function: function,
            error: try error(named: errorName, at: "error"))
    }

    private func number(
        _ key: String, in range: ClosedRange<UInt32>, standard: UInt32
    ) throws(ScenarioError) -> UInt32 {
        guard let number = try integer(key) else { return standard }
        guard let value = UInt32(exactly: number), range.contains(value) else {
            throw error(
                "\"\(key)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)", at: key)
        }
        return value
    }

    private func error(named name: String, at key: String) throws(ScenarioError) -> Int32 {
        if let number = ErrorName.number(name) { return number }
        let hint = nearestWord(to: name, in: ErrorName.all).map { "; did you mean \"\($0)\"?" } ?? ""
        throw error("\"\(name)\" is no error of errno(3) that is known here\(hint)", at: key)
    }

    private func needed<Value>(_ value: Value?, _ key: String) throws(ScenarioError) -> Value {
        guard let value else { throw error("\"\(key)\" needs a value", at: key) }
        return value
    }
}
