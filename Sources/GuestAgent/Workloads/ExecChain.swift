// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `exec-chain`: one program after the other in one process.
struct ExecChain: WorkloadBody {
    private var storm: guest_storm

    init(_ settings: WorkloadSettings) {
        storm = guest_storm()
        storm.seed = settings.seed
        storm.count = settings["count"]
        storm.tasks = UInt32(settings["tasks"])
        storm.execs = UInt32(settings["length"])
        storm.birth = GUEST_BIRTH_FORK
    }

    func run() -> guest_tally { Storm.run(storm) }
}
