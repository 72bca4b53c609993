// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("What can be done to a guest", .timeLimit(.minutes(5)))
struct GuestControlTests {
    @Test("An NMI reaches a guest that is deaf to interrupts")
    func nmi() async throws {
        let guest = try await Lab.shared.guest("nmi") { code in
            code.add([0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xc7, 0x06, 0x08, 0x00])  // cli; ds = 0; mov word [8],
            let handler = code.position
            code.add([0, 0, 0x8c, 0x0e, 0x0a, 0x00])  // (the handler); mov [10], cs
            code.print("ready")
            code.halt()
            code.patch(at: handler, with: code.position)
            code.print("interrupted")
            // No power-off here: QEMU could be gone before it has answered that the NMI was sent.
            code.halt()
        }
        try await guest.start(limit: startLimit)
        #expect(await guest.console.read(until: "ready"))
        try await guest.injectNMI()
        #expect(await guest.console.read(until: "interrupted"))
        await guest.remove()
    }

    @Test("A paused guest stands still until it may go on")
    func pause() async throws {
        let guest = try await Lab.shared.guest("pause") { $0.flood(UInt8(ascii: ".")) }
        func size() -> Int {
            var info = stat()
            return stat(guest.console.path.string, &info) == 0 ? Int(info.st_size) : -1
        }
        try await guest.start(limit: startLimit)
        #expect(try await eventually { size() > 0 })
        try await guest.pause()
        let before = size()
        try await Task.sleep(for: .milliseconds(300))
        #expect(size() == before)
        try await guest.resume()
        #expect(try await eventually { size() > before })
        await guest.remove()
        await #expect(throws: HypervisorError.self) { try await guest.pause() }
        await #expect(throws: HypervisorError.self) { try await guest.injectNMI() }
    }

    @Test("A dump that cannot be written says why, and leaves the guest alone")
    func dumpRefused() async throws {
        let guest = try await Lab.shared.guest("dump") { $0.halt() }
        let path = Lab.shared.folder.appending("dump-there")
        try FileSystem.write("mine".utf8, to: path)
        func error(_ path: FilePath) async -> HypervisorError? {
            await #expect(throws: HypervisorError.self) {
                try await guest.coreDump(to: path, limit: .seconds(60))
            }
        }
        #expect(await error(Lab.shared.folder.appending("early"))?.code == .wrongState)
        try await guest.start(limit: startLimit)
        #expect(await error(path)?.message.contains("The file exists.") ?? false)
        #expect(await error("relative")?.code == .invalidSpec)
        #expect(await error("/no/such/folder/core")?.message.contains("/no/such/folder/core") ?? false)
        #expect(SmallFile.text(path.string) == "mine")
        #expect(!guest.hasEnded)
        await guest.remove()
    }

    @Test("A start that takes too long is ended, and leaves no QEMU")
    func startLimited() async throws {
        let guest = try await Lab.shared.guest("slow") { $0.spin() }
        let error = await #expect(throws: HypervisorError.self) {
            try await guest.start(limit: .milliseconds(1))
        }
        #expect(error != nil)
        #expect(try await eventually { guest.hasEnded })
        #expect(ProcessHunt.emulators(naming: guest.folder) == [])
        #expect(await guest.console.readAll().omitted == 0)
        await guest.remove()
        #expect(!FileSystem.exists(guest.folder))
    }

    @Test("A start that is cancelled is ended, and leaves no QEMU")
    func startCancelled() async throws {
        let guest = try await Lab.shared.guest("cancelled") { $0.spin() }
        let start = Task { try await guest.start(limit: startLimit) }
        try await Task.sleep(for: .milliseconds(30))
        start.cancel()
        await #expect(throws: CancellationError.self) { try await start.value }
        #expect(try await eventually { guest.hasEnded })
        #expect(ProcessHunt.emulators(naming: guest.folder) == [])
        await guest.remove()
    }

    @Test("A guest that libvirt refuses says what libvirt says")
    func startRefused() async throws {
        let guest = try await Lab.shared.guest("refused") { $0.halt() }
        // What QEMU boots from is gone: it ends before the guest runs.
        try FileSystem.remove(guest.folder.appending("kernel"))
        let error = await #expect(throws: HypervisorError.self) { try await guest.start(limit: startLimit) }
        #expect(error?.message.hasPrefix("Could not start the guest refused. libvirt says: ") ?? false)
        #expect(error?.message.contains("kernel") ?? false)
        #expect(await guest.follow() == [])
        #expect(guest.hasEnded)
        await guest.remove()
    }
}
