// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// A key of a scenario file: the one table behind what is read, what is refused, and the published JSON Schema.
struct ScenarioField: Sendable {
    /// What stands behind a key.
    indirect enum Value: Sendable {
        /// Text that a person reads.
        case text
        /// Text that a program reads: a number or a truth value is meant as its text.
        case scalar
        /// A time with its unit, as ``Swift/Duration/init(text:)`` reads it.
        case duration
        /// A time of a workload: whole numbers only, at most an hour.
        case workloadTime
        /// A whole number.
        case integer(ClosedRange<Int>)
        case flag
        /// One of these words.
        case word([String])
        /// Just this.
        case constant(String)
        /// A list of at least so many of these.
        case list(Value, least: Int = 1)
        /// A line for the shell, or a list of words.
        case command
        /// A list of at least one step.
        case steps
        /// A list of at least one step, some of which may be in the background.
        case companions
        /// Names that the file chooses, each with one of these.
        case names(Value)
        case fields([ScenarioField])
        /// `at_least`, `at_most` or both.
        case bounds
        /// `on` or `off`, or only `on`; or a mapping with a threshold.
        case judge(JudgeName)
    }

    /// Its name.
    var name: String
    /// What it takes.
    var value: Value
    /// What it means, for people.
    var meaning: String
    /// Whether it must be there.
    var isRequired = false
}

extension ScenarioField {
    private static let many = 0...Int(Int32.max)

    /// Keys of a scenario.
    static let scenario: [ScenarioField] = [
        .init(name: "name", value: .text, meaning: "what reports call it", isRequired: true),
        .init(
            name: "description", value: .text, meaning: "one sentence: what it is for", isRequired: true),
        .init(
            name: "tags", value: .list(.text),
            meaning: "words to select it by; shipped scenarios have quick, stress, faults, long, canary"),
        .init(
            name: "variants", value: .list(.word(Suite.variants)),
            meaning: "variants of the kernel that it is for (default: all)"),
        .init(
            name: "min_cpus", value: .integer(1...16), meaning: "fewest CPUs that it makes sense on (1)"),
        .init(
            name: "needs", value: .list(.word(Scenario.Need.allCases.map(\.rawValue)), least: 0),
            meaning:
                "what the module under test must have (what steps and expectations say; [] where they only look)"
        ),
        .init(
            name: "carry", value: .list(.text),
            meaning:
                "files that ride along, relative to this file: run finds programs by their names, and all are in /job"
        ),
        .init(
            name: "counters", value: .word(Scenario.CounterSource.allCases.map(\.rawValue)),
            meaning: "where counts come from (auto: the host's PMU where guests have it, simulated otherwise)"
        ),
        .init(
            name: "vary", value: .flag,
            meaning: "whether the seed varies when and where steps run, and disturbs the CPUs (true)"),
        .init(
            name: "sample", value: .duration,
            meaning:
                "look this often at numbers that must not grow with the tasks that come and go, such as slab objects (never)"
        ),
        .init(name: "steps", value: .steps, meaning: "what is done, in this order", isRequired: true),
        .init(name: "expect", value: .fields(expectations), meaning: "what must hold besides"),
    ]

    /// Keys of `expect`.
    static let expectations: [ScenarioField] = [
        .init(name: "records", value: .integer(many), meaning: "fewest energy records that must arrive"),
        .init(
            name: "lost", value: .bounds,
            meaning:
                "how many records must be lost (default: none may be); the module must state just as many"),
        .init(
            name: "finding", value: .fields(finding),
            meaning: "the one finding that the run must have: it passes with just that"),
        .init(name: "energy", value: .fields(energy), meaning: "bounds of energy, microjoules"),
        .init(
            name: "judges", value: .fields(judges),
            meaning: "judges that are off, which the report then says, or have another threshold"),
    ]

    /// Keys of `expect`, `finding`.
    static let finding: [ScenarioField] = [
        .init(
            name: "class", value: .word(Scenario.Expectations.classes), meaning: "its class",
            isRequired: true),
        .init(name: "function", value: .text, meaning: "the function it must name"),
        .init(name: "rule", value: .text, meaning: "how the rule begins that it must name"),
        .init(
            name: "at", value: .text,
            meaning: "the source file it must name, with or without the line, as in tasks.c:118"),
    ]

    /// Keys of `expect`, `energy`.
    static let energy: [ScenarioField] = [
        .init(name: "total", value: .bounds, meaning: "of all records together"),
        .init(
            name: "processes", value: .names(.bounds),
            meaning: "of all records of tasks with that name together"),
    ]

    /// Keys of `expect`, `judges`.
    static let judges: [ScenarioField] = JudgeName.allCases.map {
        .init(name: $0.rawValue, value: .judge($0), meaning: $0.summary)
    }

    /// Keys of a pair of bounds.
    static let bounds: [ScenarioField] = [
        .init(name: "at_least", value: .integer(0...Int.max), meaning: "it must not be below this"),
        .init(name: "at_most", value: .integer(0...Int.max), meaning: "it must not be above this"),
    ]

    /// Keys that every step may have.
    static let everyStep: [ScenarioField] = [
        .init(name: "name", value: .text, meaning: "what reports call it"),
        .init(
            name: "limit", value: .duration,
            meaning: "how long it may take by the guest's clock, scaled for slow kernels (60s)"),
        .init(
            name: "always", value: .flag,
            meaning: "do it even when an earlier step failed (true for unload and collect)"),
    ]

    /// A key of steps in a `together`.
    static let background = ScenarioField(
        name: "background", value: .flag, meaning: "in a together: it lasts as long as the others")

    /// A parameter of a workload.
    static func parameter(_ parameter: Workload.Parameter) -> ScenarioField {
        let value: Value =
            switch parameter.kind {
            case .number(let range): .integer(Int(range.lowerBound)...Int(clamping: range.upperBound))
            case .time: .workloadTime
            case .flag: .flag
            }
        return ScenarioField(
            name: parameter.name, value: value,
            meaning: "\(parameter.meaning) (\(parameter.text(parameter.standard)))")
    }
}
