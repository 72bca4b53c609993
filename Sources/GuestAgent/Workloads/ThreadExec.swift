// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `thread-exec`: a thread that is not its process's first executes a program, and takes over the
/// first one's pid.
struct ThreadExec: WorkloadBody {
    private var storm: guest_storm

    init(_ settings: WorkloadSettings) {
        storm = guest_storm()
        storm.seed = settings.seed
        storm.count = settings["count"]
        storm.tasks = UInt32(settings["tasks"])
        storm.threads = UInt32(settings["threads"])
        storm.birth = GUEST_BIRTH_FORK
    }

    func run() -> guest_tally { Storm.run(storm) }
}
