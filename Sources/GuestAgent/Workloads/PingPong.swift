// SPDX-License-Identifier: Apache-2.0

import CGuest

/// `ping-pong`: two context switches a round trip.
struct PingPong: WorkloadBody {
    private let count: UInt64
    private let pairs: UInt32
    private let pin: Bool

    init(_ settings: WorkloadSettings) {
        count = settings["count"]
        pairs = UInt32(settings["pairs"])
        pin = settings["pin"] == 1
    }

    func run() -> guest_tally {
        var tally = guest_tally()
        guest_ping_pong(count, pairs, pin ? 1 : 0, &tally)
        return tally
    }
}
