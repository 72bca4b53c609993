// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `timers`: timers of all kinds that a process can have.
struct Timers: WorkloadBody {
    private let seed: UInt64
    private let count: UInt64
    private let tasks: UInt32
    private let interval: UInt64

    init(_ settings: WorkloadSettings) {
        seed = settings.seed
        count = settings["count"]
        tasks = UInt32(settings["tasks"])
        interval = max(1, settings["interval"])
    }

    func run() -> guest_tally {
        var tally = guest_tally()
        guest_timers(seed, count, tasks, interval, &tally)
        return tally
    }
}
