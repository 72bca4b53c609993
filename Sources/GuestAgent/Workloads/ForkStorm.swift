// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// `fork-storm`: short-lived processes.
struct ForkStorm: WorkloadBody {
    private static let pidMax = "/proc/sys/kernel/pid_max"

    private var storm: guest_storm
    private let pidMaximum: UInt64

    init(_ settings: WorkloadSettings) {
        storm = guest_storm()
        storm.seed = settings.seed
        storm.count = settings["count"]
        storm.tasks = UInt32(settings["tasks"])
        storm.life_ns = settings["life"]
        storm.burn_ns = settings["burn"]
        storm.birth = settings["share"] == 1 ? GUEST_BIRTH_SHARE : GUEST_BIRTH_FORK
        pidMaximum = settings["pid-max"]
    }

    /// `pid_max` is lowered by the storm itself, and raised again: nobody else could start a process
    /// in between to do that.
    func run() throws -> guest_tally {
        guard pidMaximum > 0 else { return Storm.run(storm) }
        let before = readLine(of: Self.pidMax) ?? "32768"
        try Self.set("\(pidMaximum)")
        let tally = Storm.run(storm)
        try Self.set(before)
        return tally
    }

    private static func set(_ text: String) throws(WorkloadUsageError) {
        let file = open(pidMax, O_WRONLY | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, write(file, text, text.utf8.count) == text.utf8.count else {
            throw WorkloadUsageError(text: "\(pidMax) cannot be set to \(text): \(errorText(errno))")
        }
    }
}

/// What the workloads of storm.c have in common.
enum Storm {
    /// Runs a storm to its end.
    static func run(_ storm: guest_storm) -> guest_tally {
        var storm = storm
        var tally = guest_tally()
        guest_storm(&storm, &tally)
        return tally
    }
}
