// SPDX-License-Identifier: Apache-2.0

/// A load that the agent has built in: its name, what it does, and what can be set.
///
/// Host and guest read the same table: a scenario with a misspelt parameter is refused before
/// anything boots.
public struct Workload: Sendable, Equatable {
    /// What a parameter's value is.
    public enum Kind: Sendable, Equatable {
        /// A whole number within limits.
        case number(ClosedRange<UInt64>)
        /// A time with its unit, such as `250us` or `2ms`; nanoseconds.
        case time
        /// `true` or `false`; 1 or 0.
        case flag
    }

    /// Something that can be set.
    public struct Parameter: Sendable, Equatable {
        /// Its name, in scenarios and after `--`.
        public var name: String
        /// What its value is.
        public var kind: Kind
        /// The value when it is not set.
        public var standard: UInt64
        /// What it means, for people.
        public var meaning: String
    }

    /// Its name, as in `workload: fork-storm`.
    public var name: String
    /// What it does, in one line.
    public var summary: String
    /// What can be set.
    public var parameters: [Parameter]

    /// The agent under this name is a workload.
    public static let program = "workload"
    /// The environment variable that has the run's seed.
    public static let seedVariable = "PACCTLAB_SEED"
    /// The environment variable that is there when the kernel's fault injection is to strike it.
    public static let faultVariable = "PACCTLAB_FAULTS"

    /// The workload of that name.
    public static func named(_ name: String) -> Workload? { all.first { $0.name == name } }

    /// The command that runs it with these parameters; the others keep their standard values.
    public func command(_ settings: [String: UInt64]) -> [String] {
        let words = parameters.flatMap { parameter in
            settings[parameter.name].map { ["--\(parameter.name)", parameter.text($0)] } ?? []
        }
        return [Self.program, name] + words
    }
}

extension Workload.Parameter {
    /// Reads a value; nil when it is none of this parameter's kind.
    public func value(_ text: String) -> UInt64? {
        switch kind {
        case .number(let range):
            guard let number = UInt64(text), range.contains(number) else { return nil }
            return number
        case .time: return Self.nanoseconds(text)
        case .flag: return ["true": 1, "false": 0][text]
        }
    }

    /// What a value must look like, for an error message.
    public var expectation: String {
        switch kind {
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .time: "a time of at most an hour with its unit, such as 250us, 2ms or 3s"
        case .flag: "true or false"
        }
    }

    /// A value as people write it: what ``value(_:)`` reads back.
    public func text(_ value: UInt64) -> String {
        switch kind {
        case .number: return "\(value)"
        case .flag: return value == 0 ? "false" : "true"
        case .time:
            for (suffix, unit) in Self.units.reversed() where value >= unit && value.isMultiple(of: unit) {
                return "\(value / unit)\(suffix)"
            }
            return "\(value)ns"
        }
    }

    private static let units: [(suffix: String, unit: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
    ]
    private static let longest: UInt64 = 3_600_000_000_000

    private static func nanoseconds(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) }),
            let number = UInt64(digits)
        else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit.unit)
        return overflow || value > longest ? nil : value
    }
}
