// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// Steps at the same time. Those in the background are ended once the others are over; a step that
/// does not pass does not end the others.
final class Together: Activity {
    private let places: [Int]
    private let deadline: UInt64
    private var members: [(isBackground: Bool, activity: any Activity)] = []
    private var backgroundIsStopped = false

    private(set) var outcome: Outcome?
    var nextDeadline: UInt64 {
        members.filter { $0.activity.outcome == nil }.map(\.activity.nextDeadline).min() ?? 0
    }

    init(_ places: [Int], deadline: UInt64) {
        self.places = places
        self.deadline = deadline
    }

    func advance(_ loop: Loop) {
        guard outcome == nil else { return }
        if members.isEmpty {
            members = places.map { (loop.plan.steps[$0].background, loop.activity($0, deadline: deadline)) }
        }
        for member in members { member.activity.advance(loop) }
        let outcomes = members.map(\.activity.outcome)
        if outcomes.contains(.stuck) { return outcome = .stuck }
        if !outcomes.contains(nil) { return outcome = outcomes.contains(.failed) ? .failed : .passed }
        let othersGoOn = members.contains { !$0.isBackground && $0.activity.outcome == nil }
        if !othersGoOn && !backgroundIsStopped {
            backgroundIsStopped = true
            stop()
        }
    }

    func stop() {
        for member in members { member.activity.stop() }
    }
}
