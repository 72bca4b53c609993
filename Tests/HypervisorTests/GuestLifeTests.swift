// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Hypervisor

@Suite("Guests' lives, with real QEMUs", .timeLimit(.minutes(5)))
struct GuestLifeTests {
    @Test("A guest runs, is heard, and ends when told")
    func lifecycle() async throws {
        let guest = try await Lab.shared.guest("life") {
            $0.print("hello\n"); $0.halt()
        }
        #expect(!guest.hasEnded)
        try await guest.start(limit: startLimit)
        #expect(await guest.console.read(until: "hello"))
        try await guest.destroy(limit: .seconds(20))
        let events = await guest.follow()
        guard case .started(let pid) = events.first else {
            Issue.record("no start among \(events)")
            return
        }
        #expect(events.dropFirst() == [.destroyed])
        #expect(guest.hasEnded)
        #expect(!isAlive(pid))
        #expect(guest.domainXML.contains("org.pacctlab.agent"))
        #expect(guest.qemuLog.contains("-icount"))
        #expect(FileSystem.exists(guest.folder))
        await guest.remove()
        #expect(!FileSystem.exists(guest.folder))
    }

    @Test("A guest that switches itself off")
    func powerOff() async throws {
        let guest = try await Lab.shared.guest("off") {
            $0.print("bye\n"); $0.powerOff()
        }
        try await guest.start(limit: startLimit)
        #expect(await guest.follow().dropFirst() == [.shutdownByGuest])
        #expect(await guest.console.readAll().text.contains("bye"))
        await guest.remove()
    }

    @Test("A triple fault and a reset both end a guest: none boots twice", arguments: [true, false])
    func reset(byFault: Bool) async throws {
        let guest = try await Lab.shared.guest("reset") { image in
            image.print("now\n")
            if byFault { image.tripleFault() } else { image.reset() }
        }
        try await guest.start(limit: startLimit)
        #expect(await guest.follow().dropFirst() == [.reset])
        #expect(await guest.console.readAll().text.components(of: "now") == 1)
        await guest.remove()
    }

    @Test("A panic stops the guest and leaves it to be dumped")
    func panic() async throws {
        let guest = try await Lab.shared.guest("panic") {
            $0.panic(); $0.print("still here\n"); $0.halt()
        }
        try await guest.start(limit: startLimit)
        let core = Lab.shared.folder.appending("core")
        let events = try await guest.follow { event in
            guard event == .panicked else { return }
            try await guest.coreDump(to: core, limit: .seconds(60))
            try await guest.destroy()
        }
        #expect(events.dropFirst() == [.panicked, .destroyed])
        #expect(SmallFile.read(core.string, limit: 4) == [0x7f, 0x45, 0x4c, 0x46])
        await guest.remove()
    }

    @Test("QEMU killed from outside is told as such")
    func killed() async throws {
        let guest = try await Lab.shared.guest("killed") { $0.halt() }
        try await guest.start(limit: startLimit)
        let events = await guest.follow { event in
            if case .started(let pid) = event { kill(pid, SIGKILL) }
        }
        guard case .qemuDied(let death) = events.last else {
            Issue.record("no death among \(events)")
            return
        }
        #expect(death.status == .signalled(SIGKILL))
        #expect(death.description.contains("killed by signal 9"))
        await guest.remove()
    }

    @Test("Two guests at once do not mix")
    func two() async throws {
        let names = ["one", "two"]
        let texts = try await withThrowingTaskGroup(of: (String, String).self) { group in
            for name in names {
                group.addTask {
                    let guest = try await Lab.shared.guest(name) {
                        $0.print("I am \(name)\n"); $0.powerOff()
                    }
                    try await guest.start(limit: startLimit)
                    let text = await guest.console.readAll().text
                    await guest.remove()
                    return (name, text)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for name in names { #expect(texts[name]?.contains("I am \(name)\n") ?? false) }
    }

    @Test("A guest that never started ends all the same")
    func neverStarted() async throws {
        let guest = try await Lab.shared.guest("idle") { $0.halt() }
        try await guest.destroy()
        #expect(await guest.follow() == [])
        #expect(await guest.console.readAll().text == "")
        await #expect(throws: HypervisorError.self) { try await guest.start(limit: startLimit) }
        await guest.remove()
        #expect(!FileSystem.exists(guest.folder))
    }
}

extension String {
    /// How often a text occurs.
    func components(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
