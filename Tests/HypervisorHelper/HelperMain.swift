// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hypervisor
import SystemPackage

/// A lab in a process of its own, for tests that kill it.
///
///     guardian FOLDER                     the guardian of a session
///     run TEMPORARY CACHE KERNEL          a session with one guest; prints a line once it runs, and waits
@main
struct HelperMain {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().map { FilePath($0) }
        switch (arguments.first?.string, arguments.count) {
        case ("guardian", 2): Guardian.runAsWatcher(folder: arguments[1])
        case ("run", 4): try await run(temporary: arguments[1], cache: arguments[2], kernel: arguments[3])
        default: exit(2)
        }
    }

    private static func run(temporary: FilePath, cache: FilePath, kernel: FilePath) async throws {
        let hypervisor = try await Hypervisor.open(
            .init(cacheDirectory: cache, temporaryDirectory: temporary, guardian: .reexecute))
        let guest = try await hypervisor.makeGuest(
            GuestSpec(name: "victim", kernel: kernel, initrd: [], commandLine: "", cpus: 1, memoryMiB: 32))
        try await guest.start(limit: .seconds(60))
        for await event in guest.events {
            guard case .started(let pid) = event else { continue }
            print("\(pid) \(guest.folder)")
            fflush(nil)
        }
        // Nobody killed us: the guest ended by itself, which the test takes for a failure.
        await hypervisor.close()
        exit(3)
    }
}
