// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// Steps over and over. The round in which a step does not pass is the last one.
final class Repeated: Activity {
    private let places: [Int]
    private let count: UInt32
    private let deadline: UInt64
    private var round: StepSequence
    private var isStopped = false

    /// Rounds that have passed.
    private(set) var passed: UInt32 = 0
    private(set) var outcome: Outcome?
    var nextDeadline: UInt64 { round.nextDeadline }

    init(_ places: [Int], count: UInt32, deadline: UInt64) {
        self.places = places
        self.count = count
        self.deadline = deadline
        round = StepSequence(places, deadline: deadline)
    }

    func advance(_ loop: Loop) {
        while outcome == nil {
            if passed == count { return outcome = .passed }
            round.advance(loop)
            guard let result = round.outcome else { return }
            guard result == .passed else { return outcome = result }
            passed += 1
            if isStopped { return outcome = .passed }
            if passed < count && bootTime() >= deadline { return outcome = .failed }
            round = StepSequence(places, deadline: deadline)
        }
    }

    func stop() { isStopped = true }
}
