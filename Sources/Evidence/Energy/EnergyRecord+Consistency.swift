// SPDX-License-Identifier: Apache-2.0

/// Times between which a module was loaded, and nothing kept it from counting: CLOCK_BOOTTIME, nanoseconds.
public struct CountingWindow: Sendable {
    /// The load had ended.
    public var start: UInt64
    /// The unload had not begun.
    public var end: UInt64

    /// A window.
    public init(start: UInt64, end: UInt64) {
        self.start = start
        self.end = end
    }
}

extension EnergyRecord {
    /// How much longer than it lived a task may have run, nanoseconds: the two times are of two clocks, and it goes
    /// on running after its exit was noted: taking a large process apart takes a kernel with checks a while.
    private static let clockSlack: UInt64 = 2_000_000_000

    /// What is contradictory in a record, for people: its times, and the flags that follow from them.
    ///
    /// - Parameter scale: How much longer code takes on the record's kernel than on one without checks.
    public func contradictions(scale: Double = 1) -> [String] {
        guard let runtimeNs, let countedNs, let slices else { return [] }
        var texts: [String] = []
        if countedNs > runtimeNs {
            texts.append("counted for \(countedNs) ns of a run time of \(runtimeNs) ns")
        }
        if flags.contains(.noCounters) != (slices == 0) {
            texts.append("\(slices) slices were counted, and its flags are \(flags.names)")
        }
        if slices == 0, countedNs > 0 || counts.contains(where: { $0 > 0 }) {
            texts.append("it has counts, and no slice in which they were counted")
        }
        if flags.contains(.partial) != (slices > 0 && countedNs < runtimeNs) {
            texts.append("\(countedNs) of \(runtimeNs) ns were counted, and its flags are \(flags.names)")
        }
        if let startNs, let exitNs {
            let lived = exitNs >= startNs ? exitNs - startNs : 0
            if exitNs < startNs { texts.append("it ended before it began") }
            let slack = UInt64(Double(Self.clockSlack) * max(1, scale))
            if runtimeNs > lived.addingReportingOverflow(slack).partialValue {
                texts.append("it ran for \(runtimeNs) ns, and lived for \(lived) ns")
            }
        }
        return texts.map { "\(comm) (\(pid)): \($0)" }
    }

    /// Whether all of a task's life should have been counted, because it lived within `window` and every CPU has
    /// counters.
    public func shouldBeWhole(in window: CountingWindow) -> Bool {
        guard let startNs, let exitNs, flags.contains(.scopeCPU), !flags.contains(.alive) else {
            return false
        }
        return source != .none && startNs > window.start && exitNs < window.end
    }

    /// What is missing of such a task, for people; nil when nothing is.
    public var missingTime: String? {
        guard let runtimeNs, let countedNs, countedNs < runtimeNs || flags.contains(.noCounters) else {
            return nil
        }
        return "\(comm) (\(pid)): \(milliseconds(Double(countedNs))) were counted of"
            + " \(milliseconds(Double(runtimeNs))), though it began after the load"
    }
}
