// SPDX-License-Identifier: Apache-2.0

/// Numbers that must not grow (or, of free memory, shrink) however many tasks come and go.
///
/// To add one: a case, its line in each switch, and what gives the value in ``points(of:)``.
public enum Series: String, Sendable, CaseIterable, Codable {
    /// Objects in the module's own slab caches.
    case moduleObjects = "module_objects"
    /// Objects in the kernel's kmalloc caches, whoever has them.
    case kmallocObjects = "kmalloc_objects"
    /// Perf events that exist.
    case perfEvents = "perf_events"
    /// Memory in slabs that cannot be reclaimed.
    case slabMemory = "slab_memory"
    /// Memory that could be had.
    case freeMemory = "free_memory"
    /// Records that the module has lost.
    case lostRecords = "lost_records"
    /// Cost of a call of the module's sched_switch hook, on average from one sample to the next. Only with
    /// `time_hooks=1`.
    case switchHook = "hook_switch"
    /// The same for its fork hook.
    case forkHook = "hook_fork"
    /// The same for its exit hook.
    case exitHook = "hook_exit"

    /// Those that are the cost of a hook.
    public static let hooks: [Series] = [.switchHook, .forkHook, .exitHook]
    /// Tasks that a slope is given for.
    public static let forks = 10_000.0
    /// Of a run's forks the first share is left out: caches fill, and the first of everything is made.
    private static let warmUp = 0.2
    private static let enough = 8
    /// Stretches of time that the best value is taken of.
    private static let stretches = 12

    /// What it is counted in.
    public var unit: String {
        switch self {
        case .moduleObjects, .kmallocObjects: "objects"
        case .perfEvents: "events"
        case .slabMemory, .freeMemory: "KiB"
        case .lostRecords: "records"
        case .switchHook, .forkHook, .exitHook: "ns"
        }
    }

    /// Whether less is worse.
    public var isBadToShrink: Bool { self == .freeMemory }

    /// Growth in the bad direction, for ``forks`` tasks, up to which it is the rest of the kernel's. What only the
    /// module has must not grow at all.
    public var tolerance: Double {
        switch self {
        case .moduleObjects, .lostRecords, .perfEvents: 0
        case .kmallocObjects: 5
        case .slabMemory: 64
        case .freeMemory: 512
        case .switchHook, .forkHook, .exitHook: 20
        }
    }

    /// Steps in which it is known.
    public var resolution: Double {
        switch self {
        case .slabMemory, .freeMemory: 4
        default: 1
        }
    }

    /// Tasks made, in units of ``forks``, and the value then; of samples while the module was loaded.
    public func points(of samples: [SystemSample]) -> [(x: Double, y: Double)] {
        let loaded = samples.filter(\.isLoaded)
        guard let first = loaded.first?.forks, let last = loaded.last?.forks, last > first else { return [] }
        let begin = Double(first) + Self.warmUp * Double(last - first)
        let kept = Self.exact(loaded.filter { Double($0.forks) >= begin })
        let values: [(UInt64, Double)] =
            switch self {
            case .moduleObjects: Self.plain("module_objects", kept)
            case .kmallocObjects: Self.plain("kmalloc_objects", kept)
            case .perfEvents: Self.plain("perf_events", kept)
            case .slabMemory: Self.plain("slab_kib", kept)
            case .freeMemory: Self.plain("free_kib", kept)
            case .lostRecords: Self.plain("stat:lost", kept)
            case .switchHook: Self.cost("switch", kept)
            case .forkHook: Self.cost("fork", kept)
            case .exitHook: Self.cost("exit", kept)
            }
        let points = values.map { (x: Double($0.0) / Self.forks, y: $0.1) }
        return isLevel ? lowest(points) : points
    }

    /// Whether it is how much there is of something, as opposed to what something costs.
    private var isLevel: Bool { !Self.hooks.contains(self) }

    /// Of each stretch of time the best value: what is only there for a moment, such as tasks that have just exited, or
    /// a slab that a CPU works with, makes a level worse for that moment, and what has leaked stays.
    private func lowest(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let size = points.count / Self.stretches
        guard size > 1 else { return points }
        return stride(from: 0, to: points.count, by: size).compactMap { start in
            let stretch = points[start..<min(start + size, points.count)]
            return isBadToShrink
                ? stretch.max { $0.y < $1.y } : stretch.min { $0.y < $1.y }
        }
    }

    /// The quiet ones, where there are enough: in a storm objects are counted by whole slabs.
    private static func exact(_ samples: [SystemSample]) -> [SystemSample] {
        let quiet = samples.filter(\.isQuiet)
        return quiet.count >= enough ? quiet : samples
    }

    private static func plain(_ name: String, _ samples: [SystemSample]) -> [(UInt64, Double)] {
        samples.compactMap { sample in sample.values[name].map { (sample.forks, Double($0)) } }
    }

    private static func cost(_ hook: String, _ samples: [SystemSample]) -> [(UInt64, Double)] {
        zip(samples, samples.dropFirst()).compactMap { before, after in
            let (time, calls) = ("stat:hook_\(hook)_total_ns", "stat:hook_\(hook)_calls")
            guard let oldTime = before.values[time], let newTime = after.values[time],
                let oldCalls = before.values[calls], let newCalls = after.values[calls],
                newTime >= oldTime, newCalls > oldCalls
            else { return nil }
            return (after.forks, Double(newTime - oldTime) / Double(newCalls - oldCalls))
        }
    }
}

/// What a series did in one run.
public struct SeriesTrend: Sendable, Equatable, Codable {
    /// Which.
    public var series: Series
    /// Points behind it: samples, or the best of several.
    public var samples: Int
    /// Tasks made from the first of them to the last.
    public var forks: Int
    /// Its mean value.
    public var mean: Double
    /// Growth for ``Series/forks`` tasks.
    public var slope: Slope

    /// Of a run's samples; nil when there are too few.
    public init?(_ series: Series, of samples: [SystemSample]) {
        let points = series.points(of: samples)
        guard let first = points.first, let last = points.last,
            let slope = Slope(points, resolution: series.resolution)
        else { return nil }
        self.series = series
        self.samples = points.count
        forks = Int(((last.x - first.x) * Series.forks).rounded())
        mean = points.reduce(0) { $0 + $1.y } / Double(points.count)
        self.slope = slope
    }

    /// All that there are.
    public static func all(of samples: [SystemSample]) -> [SeriesTrend] {
        Series.allCases.compactMap { SeriesTrend($0, of: samples) }
    }
}

extension Slope {
    /// The least growth in the bad direction that it may be, with this confidence.
    public func leastHarm(of series: Series, confidence: Double) -> Double {
        let interval = interval(confidence: confidence)
        return series.isBadToShrink ? -interval.upperBound : interval.lowerBound
    }

    /// The most that it may be.
    public func mostHarm(of series: Series, confidence: Double) -> Double {
        let interval = interval(confidence: confidence)
        return series.isBadToShrink ? -interval.lowerBound : interval.upperBound
    }
}
