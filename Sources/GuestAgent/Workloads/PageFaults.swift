// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `page-faults`: pages touched for the first time, and copied on write.
struct PageFaults: WorkloadBody {
    private let seed: UInt64
    private let count: UInt64
    private let tasks: UInt32
    private let pages: UInt32

    init(_ settings: WorkloadSettings) {
        seed = settings.seed
        count = settings["count"]
        tasks = UInt32(settings["tasks"])
        pages = UInt32(settings["pages"])
    }

    func run() -> guest_tally {
        var tally = guest_tally()
        guest_page_faults(seed, count, tasks, pages, &tally)
        return tally
    }
}
