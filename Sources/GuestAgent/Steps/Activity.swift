// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// How something that was done came out.
enum Outcome {
    case passed
    /// It did not pass, for whatever reason; the step's result says which.
    case failed
    /// A process of it sits in the kernel and no signal ends it: whatever came next would hang on the
    /// same thing.
    case stuck
}

/// A step, or a group of steps, while it is being done.
///
/// Nothing in here waits: the loop asks it to go on whenever something has happened, and by
/// ``nextDeadline`` at the latest.
protocol Activity: AnyObject {
    /// How it came out, nil while it goes on.
    var outcome: Outcome? { get }
    /// When ``advance(_:)`` has to be asked at the latest, `CLOCK_BOOTTIME`, nanoseconds.
    var nextDeadline: UInt64 { get }
    /// Goes on as far as it can without waiting.
    func advance(_ loop: Loop)
    /// Ends it before its time, because what it accompanied is over.
    func stop()
}

/// A step that only lets time pass.
final class WaitStep: Activity {
    private let index: Int
    private let start = bootTime()
    private let end: UInt64
    private var isStopped = false

    private(set) var outcome: Outcome?
    var nextDeadline: UInt64 { end }

    init(index: Int, nanoseconds: UInt64, deadline: UInt64) {
        self.index = index
        end = min(deadline, start.addingClamped(nanoseconds))
    }

    func advance(_ loop: Loop) {
        guard outcome == nil else { return }
        loop.begin(index, at: start)
        guard isStopped || bootTime() >= end else { return }
        outcome = .passed
        loop.end(.init(index: index, status: .passed, duration: bootTime() - start))
    }

    func stop() { isStopped = true }
}

extension UInt64 {
    /// The sum, or the highest number there is.
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
