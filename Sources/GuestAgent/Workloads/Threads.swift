// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `threads`: threads of one process, all alive at once.
struct Threads: WorkloadBody {
    private let count: UInt64
    private let rounds: UInt64
    private let burn: UInt64

    init(_ settings: WorkloadSettings) {
        count = settings["count"]
        rounds = settings["rounds"]
        burn = settings["burn"]
    }

    func run() -> guest_tally {
        var tally = guest_tally()
        guest_threads(count, rounds, burn, &tally)
        return tally
    }
}
