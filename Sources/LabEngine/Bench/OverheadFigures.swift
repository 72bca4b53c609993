// SPDX-License-Identifier: Apache-2.0

/// What one number of tasks came to, in instructions of the guest.
public struct OverheadFigures: Sendable, Codable, Equatable {
    /// A quantity that was measured many times.
    public struct Spread: Sendable, Codable, Equatable {
        /// Half of the samples are below it.
        public var median: Double
        /// The least of them.
        public var lowest: Double
        /// The middle half of the samples lies within this: the third quartile less the first.
        public var quartiles: Double
        /// How many there were.
        public var samples: Int
    }

    /// Sleeping tasks beside the measured ones.
    public var tasks: Int
    /// Of a context switch with what leads to it (half a round trip of a byte through two pipes), in the tasks
    /// themselves.
    public var contextSwitch: Spread
    /// Of a fork with exit of the child and wait for it, in the tasks themselves.
    public var fork: Spread
    /// The same with all that a fork makes other threads do; without what they do anyway.
    public var forkWithDeferred: Double
    /// Taken from a task that only computes, in each millisecond: timer interrupts and regular work of threads.
    public var backgroundPerMs: Double
    /// Memory that a sleeping task takes, with whatever the module keeps for it, bytes.
    public var memoryPerTask: Double
    /// The part of it that comes from the slab allocators, bytes.
    public var slabPerTask: Double
    /// What the module itself says that it keeps for a task, bytes; nil where it does not say.
    public var accountBytes: Int?

    /// Turns a sample into instructions.
    ///
    /// - Parameters:
    ///   - shift: An instruction takes 2^shift ns of the guest's time.
    ///   - accountBytes: What the module says that it keeps for a task.
    public init(_ sample: OverheadSample, shift: Int, accountBytes: Int?) {
        let instruction = Double(1 << shift)
        tasks = sample.tasks
        // A round trip is two switches.
        contextSwitch = Spread(sample.switchNs.map { Double($0) / instruction / 2 })
        fork = Spread(sample.forkNs.map { Double($0) / instruction })
        let background = Spread(
            sample.spinNs.map { elapsed in
                let taken = Double(elapsed) / instruction - Double(sample.spinInstructions)
                return taken / (Double(max(elapsed, 1)) / 1e6)
            })
        backgroundPerMs = background.median
        let loop = Double(sample.forkLoop.elapsedNs)
        forkWithDeferred =
            (loop / instruction - backgroundPerMs * loop / 1e6) / Double(sample.forkLoop.count)
        memoryPerTask = Self.perTask(sample.freeKib.after, sample.freeKib.before, sample.tasks)
        slabPerTask = Self.perTask(sample.slabKib.before, sample.slabKib.after, sample.tasks)
        self.accountBytes = accountBytes
    }

    private static func perTask(_ less: UInt64, _ more: UInt64, _ tasks: Int) -> Double {
        tasks == 0 ? 0 : (Double(more) - Double(less)) * 1024 / Double(tasks)
    }
}

extension OverheadFigures.Spread {
    /// Takes samples, at least one.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        median = Self.quantile(0.5, sorted)
        lowest = sorted.first ?? .nan
        quartiles = Self.quantile(0.75, sorted) - Self.quantile(0.25, sorted)
        samples = sorted.count
    }

    /// The value below which `share` of the sorted values are, between neighbours by the straight line.
    static func quantile(_ share: Double, _ sorted: [Double]) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        let place = share * Double(last)
        let below = Int(place)
        let above = min(below + 1, last)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
}
