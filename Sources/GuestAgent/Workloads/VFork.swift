// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `vfork`: the parent waits until its child executes a program or exits.
struct VFork: WorkloadBody {
    private var storm: guest_storm

    init(_ settings: WorkloadSettings) {
        storm = guest_storm()
        storm.seed = settings.seed
        storm.count = settings["count"]
        storm.tasks = 1
        storm.execs = UInt32(settings["exec"])
        storm.birth = GUEST_BIRTH_VFORK
    }

    func run() -> guest_tally { Storm.run(storm) }
}
