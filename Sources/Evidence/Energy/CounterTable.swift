// SPDX-License-Identifier: Apache-2.0

/// What the module says of its counters: the text of `/proc/pacct_energy/model`.
///
/// It comes from a guest: names are bounded, and a line that is none of those expected is an error.
public struct CounterTable: Sendable, Equatable {
    /// One event of a table.
    public struct Event: Sendable, Equatable {
        /// Its place in the table, and in a record's counts.
        public var index: Int
        /// `perf_event_attr.type`.
        public var type: UInt64
        /// `perf_event_attr.config`.
        public var config: UInt64
        /// Microjoules a count, times 2^32.
        public var coefficient: Int64
        /// Error number with which a counter for it was refused, 0 when it was not.
        public var error: Int32
        /// What it counted so far, never scaled.
        public var count: UInt64
        /// For how long it should have counted, ns, all CPUs together.
        public var enabledNs: UInt64
        /// Part of that during which it had no counter, ns.
        public var lagNs: UInt64
        /// What the vendor calls it.
        public var name: String
    }

    /// One type of CPU core; a machine has one, a hybrid one several.
    public struct Core: Sendable, Equatable {
        /// Its number.
        public var number: Int
        /// The PMU that counts there, nil when there is none.
        public var pmu: String?
        /// CPUs of that type.
        public var cpus: [Int]
        /// Name of the event table.
        public var table: String
        /// Whether the table's coefficients were ever fitted to a machine.
        public var isFitted: Bool
        /// The events.
        public var events: [Event]
    }

    /// Why a text is no such table.
    public struct Malformed: Error, Equatable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// Where counts come from: `none`, `hardware` or `simulated`.
    public var source: String
    /// Whose counters: `cpu` or `task`.
    public var scope: String
    /// Every type of core.
    public var cores: [Core]

    private static let maximumCores = 16
    private static let maximumEvents = 64

    /// Reads the text.
    public init(text: String) throws(Malformed) {
        source = ""
        scope = ""
        cores = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            let rest = words.count > 1 ? String(words[1].prefix(500)) : ""
            switch words.first ?? "" {
            case "source": source = rest
            case "scope": scope = rest
            case "core": try start(core: rest)
            case let word where word.hasPrefix("["): try take(event: Event(word, rest))
            case let word: try describe(word, rest)
            }
        }
        guard !source.isEmpty, !scope.isEmpty, !cores.isEmpty else {
            throw Malformed(description: "it does not say where counts come from, and whose they are")
        }
    }

    private mutating func start(core text: String) throws(Malformed) {
        guard let number = Int(text), cores.count < Self.maximumCores else {
            throw Malformed(description: "\"core \(text.prefix(40))\" is no type of core")
        }
        cores.append(Core(number: number, pmu: nil, cpus: [], table: "", isFitted: false, events: []))
    }

    private mutating func take(event: Event) throws(Malformed) {
        guard let last = cores.indices.last, cores[last].events.count < Self.maximumEvents else {
            throw Malformed(description: "event \(event.index) belongs to no type of core")
        }
        cores[last].events.append(event)
    }

    private mutating func describe(_ word: String, _ text: String) throws(Malformed) {
        guard let last = cores.indices.last else {
            throw Malformed(description: "nobody knows the line \"\(word.prefix(40))\"")
        }
        switch word {
        case "pmu": cores[last].pmu = text == "-" ? nil : text
        case "cpus": cores[last].cpus = text.split(separator: " ").prefix(4096).compactMap { Int($0) }
        case "table":
            cores[last].table = text.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""
        case "fitted": cores[last].isFitted = text == "yes"
        default: throw Malformed(description: "nobody knows the line \"\(word.prefix(40))\"")
        }
    }
}

extension CounterTable.Event {
    /// Reads `[0]` and `type=4 config=0x3c coefficient=63840 error=0 ... NAME`.
    fileprivate init(_ place: String, _ text: String) throws(CounterTable.Malformed) {
        let fields = text.split(separator: " ").map(String.init)
        func field(_ name: String) throws(CounterTable.Malformed) -> String {
            guard let word = fields.first(where: { $0.hasPrefix("\(name)=") }) else {
                throw CounterTable.Malformed(description: "event \(place.prefix(10)) has no \(name)")
            }
            return String(word.dropFirst(name.count + 1))
        }
        func number<Number: FixedWidthInteger>(_ name: String) throws(CounterTable.Malformed) -> Number {
            let text = try field(name)
            let isHex = text.hasPrefix("0x")
            guard let number = Number(isHex ? String(text.dropFirst(2)) : text, radix: isHex ? 16 : 10) else {
                throw CounterTable.Malformed(
                    description: "event \(place.prefix(10)): \(name)=\(text.prefix(40)) is no number")
            }
            return number
        }
        guard let index = Int(place.dropFirst().dropLast()), place.hasSuffix("]") else {
            throw CounterTable.Malformed(description: "\"\(place.prefix(10))\" is no place in a table")
        }
        self.index = index
        type = try number("type")
        config = try number("config")
        coefficient = try number("coefficient")
        error = try number("error")
        count = try number("count")
        enabledNs = try number("enabled_ns")
        lagNs = try number("lag_ns")
        name = fields.filter { !$0.contains("=") }.joined(separator: " ")
    }
}
