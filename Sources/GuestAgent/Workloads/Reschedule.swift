// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `reschedule`: processes whose scheduling changes while they run.
struct Reschedule: WorkloadBody {
    private let seed: UInt64
    private let count: UInt64
    private let tasks: UInt32

    init(_ settings: WorkloadSettings) {
        seed = settings.seed
        count = settings["count"]
        tasks = UInt32(settings["tasks"])
    }

    func run() -> guest_tally {
        var tally = guest_tally()
        guest_reschedule(seed, count, tasks, &tally)
        return tally
    }
}
