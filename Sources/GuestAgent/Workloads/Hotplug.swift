// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// `hotplug`: takes CPUs offline and online again, which one the seed says; all are online at the end.
struct Hotplug: WorkloadBody {
    private static let folder = "/sys/devices/system/cpu"

    private let count: UInt64
    private let pause: UInt64
    private let seed: UInt64

    init(_ settings: WorkloadSettings) {
        count = settings["count"]
        pause = settings["pause"]
        seed = settings.seed
    }

    /// A change is started when it is asked for and has ended when the CPU is in the other state.
    func run() throws -> guest_tally {
        let cpus = Self.switchable
        guard !cpus.isEmpty else {
            throw WorkloadUsageError(text: "no CPU can be taken offline: give the guest more than one")
        }
        var tally = guest_tally()
        var random = seed
        var isOnline = [Int: Bool](uniqueKeysWithValues: cpus.map { ($0, true) })
        while count == 0 || tally.started < count, tally.error == 0, guest_workload_stopped() == 0 {
            let cpu = cpus[Int(guest_workload_random(&random) % UInt64(cpus.count))]
            isOnline[cpu] = !(isOnline[cpu] ?? true)
            change(cpu, isOnline[cpu] ?? true, &tally)
            if pause > 0 { guest_workload_sleep(pause) }
        }
        for cpu in cpus where isOnline[cpu] == false { change(cpu, true, &tally) }
        return tally
    }

    private func change(_ cpu: Int, _ isOnline: Bool, _ tally: inout guest_tally) {
        let path = "\(Self.folder)/cpu\(cpu)/online"
        let text = isOnline ? "1" : "0"
        tally.started += 1
        let file = open(path, O_WRONLY | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, write(file, text, 1) == 1 else {
            tally.error = errno
            return
        }
        tally.ended += 1
        if readLine(of: path) != text { tally.wrong += 1 }
    }

    /// The first CPU has no such file on x86.
    private static var switchable: [Int] {
        (0..<1024).filter { readLine(of: "\(folder)/cpu\($0)/online") == "1" }
    }
}
