// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// What a step can do: the key that says so in a scenario file.
enum StepKind: String, CaseIterable {
    case load, unload, run, workload, hotplug, wait, write, collect, check, together, fault, suspend
    case repeating = "repeat"

    static var words: [String] { allCases.map(\.rawValue) }

    /// What it does, for people.
    var meaning: String {
        switch self {
        case .load: "load a module: \"module\" is the one under test, others are the lab's"
        case .unload: "unload a module"
        case .run: "run a line of shell, or a program with its arguments"
        case .workload: "run a load of the agent's, the same for the same seed"
        case .hotplug: "take CPUs offline and online again, so many changes"
        case .wait: "let time pass"
        case .write: "write to a file of proc, sys or debugfs"
        case .collect: "keep a file of the guest as evidence"
        case .check: "look at a file of the guest, or at the kernel log (\"log\")"
        case .together: "do steps at the same time"
        case .fault: "do steps while the kernel fails on demand"
        case .suspend: "do steps while nobody reads the module's records (\"records\")"
        case .repeating: "do steps over and over, so many times"
        }
    }

    /// What stands behind its own key.
    var headline: ScenarioField {
        let value: ScenarioField.Value =
            switch self {
            case .load, .unload, .write, .collect, .check: .text
            case .run: .command
            case .workload: .word(Workload.all.map(\.name))
            case .hotplug: Self.hotplugCount
            case .wait: .duration
            case .together: .companions
            case .fault: .word(Fault.Kind.allCases.map(\.word))
            case .suspend: .constant("records")
            case .repeating: .integer(1...1_000_000)
            }
        return ScenarioField(name: rawValue, value: value, meaning: meaning, isRequired: true)
    }

    /// Keys besides those that every step may have. A workload has its parameters, too.
    var fields: [ScenarioField] {
        let allow = ScenarioField(
            name: "allow", value: .list(.word(ErrorName.all)), meaning: "errors that are no failure")
        let steps = ScenarioField(
            name: "steps", value: .steps, meaning: "what is done meanwhile, in this order", isRequired: true)
        return switch self {
        case .load:
            [.init(name: "parameters", value: .scalar, meaning: "as for insmod: name=value ..."), allow]
        case .unload: [allow]
        case .run:
            [
                .init(
                    name: "environment", value: .names(.scalar), meaning: "environment variables besides"),
                .background,
            ]
        case .workload, .wait: [.background]
        case .hotplug: [.background] + Self.hotplugParameters.filter { $0.name != "count" }
        case .write:
            [.init(name: "text", value: .scalar, meaning: "what is written", isRequired: true), allow]
        case .collect: [.init(name: "as", value: .text, meaning: "the name it is kept under")]
        case .check: Self.conditions
        case .together: []
        case .repeating, .suspend: [steps]
        case .fault: [steps] + Self.faultFields
        }
    }

    /// Keys besides those that every step may have, of this very step.
    func keys(of step: YAMLMapping) throws(ScenarioError) -> [String] {
        let parameters = self == .workload ? (try step.workload()).parameters.map(\.name) : []
        return fields.map(\.name) + parameters
    }

    /// What a `check` may look for: exactly one of these.
    static let conditions: [ScenarioField] = [
        .init(name: "equals", value: .scalar, meaning: "the text must be this"),
        .init(name: "contains", value: .scalar, meaning: "this must stand somewhere in it"),
        .init(name: "lacks", value: .scalar, meaning: "this must stand nowhere in it"),
        .init(
            name: "at_least", value: .integer(0...Int.max), meaning: "its first number must not be below this"
        ),
        .init(
            name: "at_most", value: .integer(0...Int.max), meaning: "its first number must not be above this"),
    ]

    private static let faultFields: [ScenarioField] = [
        .init(name: "probability", value: .integer(1...100), meaning: "how many of a hundred fail (100)"),
        .init(
            name: "interval", value: .integer(1...1_000_000),
            meaning: "at most every how manieth fails (1)"),
        .init(
            name: "times", value: .integer(1...Int(Fault.unlimited)),
            meaning: "how many fail at most (no limit)"),
        .init(
            name: "space", value: .integer(0...1_000_000_000),
            meaning: "bytes that are allocated before the first one may fail (0)"),
        .init(name: "workers", value: .flag, meaning: "whether kernel workers are struck, too (true)"),
        .init(name: "function", value: .text, meaning: "the function that fails, for fail_function"),
        .init(name: "error", value: .word(ErrorName.all), meaning: "what it fails with (ENOMEM)"),
    ]

    private static let hotplugParameters =
        Workload.named("hotplug")?.parameters.map(ScenarioField.parameter) ?? []
    private static var hotplugCount: ScenarioField.Value {
        hotplugParameters.first { $0.name == "count" }?.value ?? .integer(0...0)
    }
}

extension Fault.Kind {
    /// As scenarios and the kernel's debugfs name it.
    var word: String {
        switch self {
        case .slab: "failslab"
        case .pages: "fail_page_alloc"
        case .function: "fail_function"
        }
    }
}
