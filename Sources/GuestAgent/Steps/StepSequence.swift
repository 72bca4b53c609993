// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// Steps, one after the other. After one that did not pass only those are done that are to be done
/// always.
final class StepSequence: Activity {
    private var rest: ArraySlice<Int>
    private let deadline: UInt64
    private var current: (place: Int, activity: any Activity)?
    private var skipReason: String?
    private let isWatched: Bool

    private(set) var outcome: Outcome?
    var nextDeadline: UInt64 { current?.activity.nextDeadline ?? 0 }

    /// - Parameters:
    ///   - deadline: No step goes on for longer than until then.
    ///   - isWatched: Whether snapshots are taken between the steps, as the plan orders.
    init(_ places: [Int], deadline: UInt64, isWatched: Bool = false) {
        self.isWatched = isWatched
        rest = places[...]
        self.deadline = deadline
    }

    func advance(_ loop: Loop) {
        while outcome == nil {
            if let (place, activity) = current {
                activity.advance(loop)
                guard let result = activity.outcome else { return }
                current = nil
                take(result, of: loop.plan.steps[place])
                if isWatched && result == .passed { loop.watch(afterStep: place) }
            } else if let place = rest.popFirst() {
                start(place, loop)
            } else {
                outcome = skipReason == nil ? .passed : .failed
            }
        }
    }

    func stop() { current?.activity.stop() }

    private func take(_ result: Outcome, of step: JobPlan.Step) {
        switch result {
        case .passed: break
        case .failed: skipReason = skipReason ?? "step \"\(step.name)\" did not pass"
        case .stuck: outcome = .stuck
        }
    }

    private func start(_ place: Int, _ loop: Loop) {
        if let skipReason, !loop.plan.steps[place].always {
            loop.skip(place, reason: skipReason)
        } else {
            if isWatched { loop.watch(beforeStep: place) }
            current = (place, loop.activity(place, deadline: deadline))
        }
    }
}
