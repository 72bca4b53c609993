// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `cgroup-moves`: processes that change their cgroup while they run.
struct CgroupMoves: WorkloadBody {
    private let seed: UInt64
    private let count: UInt64
    private let tasks: UInt32
    private let groups: UInt32

    init(_ settings: WorkloadSettings) {
        seed = settings.seed
        count = settings["count"]
        tasks = UInt32(settings["tasks"])
        groups = UInt32(settings["groups"])
    }

    func run() -> guest_tally {
        var tally = guest_tally()
        guest_cgroup_moves(seed, count, tasks, groups, &tally)
        return tally
    }
}
