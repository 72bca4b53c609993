// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("What a guest prints", .timeLimit(.minutes(5)))
struct OutputCapTests {
    @Test("Everything below the cap comes through, whole")
    func whole() async throws {
        let guest = try await Lab.shared.guest("whole", cap: 200 << 10) { code in
            code.print(UInt8(ascii: "x"), kibibytes: 100)
            code.print("end")
            code.powerOff()
        }
        try await guest.start(limit: startLimit)
        let (text, omitted) = await guest.console.readAll()
        #expect(text.hasSuffix(String(repeating: "x", count: 1000) + "end"))
        #expect(text.count { $0 == "x" } == 100 << 10)
        #expect(omitted == 0)
        await guest.remove()
    }

    @Test("What goes beyond the cap is counted to the byte")
    func counted() async throws {
        let cap: Int64 = 10_000
        let guest = try await Lab.shared.guest("counted", cap: cap) { code in
            code.print(UInt8(ascii: "x"), kibibytes: 100)
            code.powerOff()
        }
        try await guest.start(limit: startLimit)
        let (text, omitted) = await guest.console.readAll()
        // The firmware prints nothing there: the count is the guest's alone.
        #expect(text == String(repeating: "x", count: Int(cap)))
        #expect(omitted == UInt64(100 << 10) - UInt64(cap))
        await guest.remove()
    }

    @Test("A guest that prints without end does not fill the disk")
    func flood() async throws {
        let cap: Int64 = 64 << 10
        let guest = try await Lab.shared.guest("flood", cap: cap) { $0.flood(UInt8(ascii: "y")) }
        try await guest.start(limit: startLimit)
        var kept = 0
        var omitted: UInt64 = 0
        for await element in guest.console {
            switch element {
            case .bytes(let bytes): kept += bytes.count
            case .omitted(let count):
                omitted += count
                if omitted > 2 << 20 { try await guest.destroy() }
            }
        }
        #expect(kept == Int(cap))
        var info = stat()
        #expect(stat(guest.console.path.string, &info) == 0)
        #expect(Int64(info.st_size) == cap + Int64(omitted))
        // The head, the block that is being written, and what the file system needs to keep track.
        #expect(Int64(info.st_blocks) * 512 <= cap + 64 << 10)
        await guest.remove()
    }

    @Test("A tail's consumer that gives up does not hang")
    func cancelled() async throws {
        let guest = try await Lab.shared.guest("silent") { $0.halt() }
        let reader = Task { await guest.channel.readAll() }
        try await Task.sleep(for: .milliseconds(50))
        reader.cancel()
        #expect(await reader.value.text == "")
        await guest.remove()
    }

    @Test("Removing a guest ends a tail that nobody read")
    func abandoned() async throws {
        let guest = try await Lab.shared.guest("unread", cap: 100) { $0.flood(UInt8(ascii: "z")) }
        try await guest.start(limit: startLimit)
        try await Task.sleep(for: .milliseconds(300))
        await guest.remove()
        _ = await guest.console.readAll()
        #expect(guest.hasEnded)
    }
}
