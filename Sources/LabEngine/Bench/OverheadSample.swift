// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// What the guest's workload `overhead` has measured at one number of tasks, as its lines say it.
///
/// Each line is a name and numbers. It comes from a guest: every name, count and range is checked.
public struct OverheadSample: Sendable, Equatable {
    /// A loop with everything that the CPU did meanwhile.
    public struct Loop: Sendable, Equatable {
        /// How long it took, ns of the guest's time.
        public let elapsedNs: UInt64
        /// How often it went round.
        public let count: UInt64
    }

    /// A quantity before and after the sleeping tasks were made.
    public struct Change: Sendable, Equatable {
        /// Before.
        public let before: UInt64
        /// After, when it stood still.
        public let after: UInt64
    }

    /// Why the lines cannot be used.
    public struct Malformed: Error, Equatable, CustomStringConvertible {
        /// What is wrong with them.
        public let description: String
    }

    /// Sleeping tasks.
    public let tasks: Int
    /// Free memory before and after the tasks were made, KiB.
    public let freeKib: Change
    /// Memory of the slab allocators before and after, KiB.
    public let slabKib: Change
    /// Whether memory use stood still before anything was measured.
    public let settled: Bool
    /// Time of each round trip of two tasks (two switches) that only interrupts can disturb, ns.
    public let switchNs: [UInt64]
    /// How many instructions a task executes that only computes.
    public let spinInstructions: UInt64
    /// Time it takes for them, again and again, beside whatever else runs, ns.
    public let spinNs: [UInt64]
    /// Time of each fork with exit and wait that only interrupts can disturb, ns.
    public let forkNs: [UInt64]
    /// Forks as an ordinary task makes them, beside everything that they cause.
    public let forkLoop: Loop

    /// Most numbers of a line.
    private static let maximumNumbers = 100_000

    /// Reads the lines.
    public init(text: String) throws(Malformed) {
        var lines = try Lines(text)
        tasks = Int(clamping: try lines.take(.tasks, count: 1)[0])
        freeKib = try lines.pair(.freeKib)
        slabKib = try lines.pair(.slabKib)
        settled = try lines.take(.settled, count: 1)[0] == 1
        switchNs = try lines.series(.switchNs)
        spinInstructions = try lines.take(.spinInstructions, count: 1)[0]
        spinNs = try lines.series(.spinNs)
        forkNs = try lines.series(.forkNs)
        forkLoop = try lines.loop(.forkLoop)
        _ = try lines.take(.end, count: 1)
    }

    /// The lines by their names, each taken once.
    private struct Lines {
        private var values: [Overhead.Line: [UInt64]] = [:]

        init(_ text: String) throws(Malformed) {
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                let first = words.first.map { String($0.prefix(40)) } ?? ""
                guard let name = Overhead.Line(rawValue: first) else {
                    throw Malformed(description: "nobody knows the line \"\(first)\"")
                }
                guard words.count <= OverheadSample.maximumNumbers else {
                    throw Malformed(description: "the line \(first) has \(words.count - 1) numbers")
                }
                guard values.updateValue(try Self.numbers(words.dropFirst(), of: first), forKey: name) == nil
                else { throw Malformed(description: "the line \(first) is there twice") }
            }
        }

        private static func numbers(
            _ words: ArraySlice<Substring>, of name: String
        ) throws(Malformed) -> [UInt64] {
            var numbers: [UInt64] = []
            for word in words {
                guard let number = UInt64(word) else {
                    throw Malformed(description: "\(name): \"\(word.prefix(40))\" is no number")
                }
                numbers.append(number)
            }
            return numbers
        }

        mutating func take(_ name: Overhead.Line, count: Int) throws(Malformed) -> [UInt64] {
            guard let numbers = values.removeValue(forKey: name) else {
                throw Malformed(description: "the line \(name.rawValue) is missing")
            }
            guard numbers.count == count else {
                throw Malformed(
                    description: "\(name.rawValue) has \(numbers.count) numbers instead of \(count)")
            }
            return numbers
        }

        mutating func pair(_ name: Overhead.Line) throws(Malformed) -> Change {
            let numbers = try take(name, count: 2)
            return Change(before: numbers[0], after: numbers[1])
        }

        mutating func loop(_ name: Overhead.Line) throws(Malformed) -> Loop {
            let numbers = try take(name, count: 2)
            guard numbers[0] > 0, numbers[1] > 0 else {
                throw Malformed(description: "\(name.rawValue): nothing was measured")
            }
            return Loop(elapsedNs: numbers[0], count: numbers[1])
        }

        mutating func series(_ name: Overhead.Line) throws(Malformed) -> [UInt64] {
            guard let numbers = values.removeValue(forKey: name), !numbers.isEmpty else {
                throw Malformed(description: "\(name.rawValue): nothing was measured")
            }
            return numbers
        }
    }
}
