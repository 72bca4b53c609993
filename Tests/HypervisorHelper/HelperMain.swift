// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hypervisor
import SystemPackage

/// A lab in a process of its own, for tests that kill or close it.
///
///     guardian FOLDER                 the guardian of a session
///     run TEMPORARY CACHE KERNEL      a session with one guest; prints a line once it runs, and waits
///     close TEMPORARY CACHE KERNEL    a session with one guest that is closed, and then tries all that is late
///     killall TEMPORARY CACHE KERNEL  a session whose guest is killed as if a signal had come, and closed
@main
struct HelperMain {
    let temporary: FilePath
    let cache: FilePath
    let kernel: FilePath

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().map { FilePath($0) }
        if arguments.count == 2, arguments[0] == "guardian" { Guardian.runAsWatcher(folder: arguments[1]) }
        guard arguments.count == 4 else { exit(2) }
        // If the tests themselves are cut off: killed by SIGALRM, and the guardian sees to the rest.
        alarm(240)
        let helper = HelperMain(temporary: arguments[1], cache: arguments[2], kernel: arguments[3])
        switch arguments[0] {
        case "run": try await helper.run()
        case "close": try await helper.close()
        case "killall": try await helper.killAll()
        default: exit(2)
        }
    }

    private func open() async throws -> Hypervisor {
        try await Hypervisor.open(
            .init(cacheDirectory: cache, temporaryDirectory: temporary, guardian: .reexecute))
    }

    private func makeGuest(_ hypervisor: Hypervisor) async throws -> Guest {
        try await hypervisor.makeGuest(
            GuestSpec(name: "victim", kernel: kernel, initrd: [], commandLine: "", cpus: 1, memoryMiB: 32))
    }

    /// Tells the test which QEMU to look for.
    private func announce(_ guest: Guest) async {
        for await case .started(let pid) in guest.events {
            print("\(pid) \(guest.folder)")
            fflush(nil)
            return
        }
    }

    private func run() async throws {
        let hypervisor = try await open()
        let guest = try await makeGuest(hypervisor)
        try await guest.start(limit: .seconds(60))
        await announce(guest)
        for await _ in guest.console {}
        // Nobody killed us: the guest ended by itself, which the test takes for a failure.
        await hypervisor.close()
        exit(3)
    }

    private func close() async throws {
        let hypervisor = try await open()
        let guest = try await makeGuest(hypervisor)
        try await guest.start(limit: .seconds(60))
        await announce(guest)
        await hypervisor.close()
        await hypervisor.close()
        if !guest.hasEnded { exit(4) }
        do {
            _ = try await makeGuest(hypervisor)
            exit(5)
        } catch let error as HypervisorError where error.code == .closed {}
        do {
            _ = try await open()
            exit(7)
        } catch let error as HypervisorError where error.code == .libvirtUnavailable {}
    }

    private func killAll() async throws {
        let hypervisor = try await open()
        let guest = try await makeGuest(hypervisor)
        let late = try await makeGuest(hypervisor)
        try await guest.start(limit: .seconds(60))
        await announce(guest)
        hypervisor.killAll()
        for await _ in guest.console {}
        do {
            try await late.start(limit: .seconds(60))
            exit(6)
        } catch let error as HypervisorError where error.code == .closed {}
        await hypervisor.close()
    }
}
