// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Hypervisor

@Suite("Snapshots", .timeLimit(.minutes(5)))
struct SnapshotTests {
    /// What each guest must print before it is compared.
    private static let enough = 64 << 10

    @Test(
        "A guest goes on where it was saved, as often as one likes, each like the other"
    )
    func restore() async throws {
        let image = try await Lab.shared.image { $0.printAlphabet() }
        let folder = Lab.shared.folder.appending("snapshot")
        try FileSystem.makeFolder(folder, mode: 0o755)
        let first = try await guest(image, .bootForSnapshot)
        try await first.start(limit: startLimit)
        #expect(await first.console.read(until: "yz"))
        try await first.saveSnapshot(to: folder, limit: startLimit)
        await first.remove()

        let snapshot = Snapshot(folder: folder)
        let (one, other) = try await (text(after: snapshot, image), text(after: snapshot, image))
        #expect(one == other)
        #expect(one.hasPrefix(String(one.dropFirst(26).prefix(26))), "the alphabet, from some letter on")

        // Restored, it stands still until it is told to run.
        let spare = try await guest(image, .restore(snapshot))
        try await spare.load(limit: startLimit)
        try await Task.sleep(for: .milliseconds(200))
        try await spare.run(sharing: nil)
        #expect(try await letters(of: spare) == one)
    }

    @Test("Only a guest that was booted for it can be saved")
    func refused() async throws {
        let image = try await Lab.shared.image { $0.printAlphabet() }
        let guest = try await guest(image, .boot)
        try await guest.start(limit: startLimit)
        await #expect(throws: HypervisorError.self) {
            try await guest.saveSnapshot(to: Lab.shared.folder.appending("nothing"), limit: startLimit)
        }
        await guest.remove()
    }

    @Test("A snapshot that is none is refused, with what QEMU says, and nothing is left of the guest")
    func garbage() async throws {
        let image = try await Lab.shared.image { $0.printAlphabet() }
        let folder = Lab.shared.folder.appending("garbage")
        try FileSystem.makeFolder(folder, mode: 0o755)
        let snapshot = Snapshot(folder: folder)
        try FileSystem.write("no state".utf8, to: snapshot.state)
        try FileSystem.write([UInt8](repeating: 0, count: 32 << 20), to: snapshot.memory)
        let guest = try await guest(image, .restore(snapshot))
        let error = await #expect(throws: HypervisorError.self) { try await guest.start(limit: startLimit) }
        #expect(error?.description.contains("--cold") == true, "\(error?.description ?? "")")
        await guest.remove()
        #expect(ProcessHunt.emulators(naming: guest.files.folder).isEmpty)
    }

    private func guest(_ image: FilePath, _ origin: GuestSpec.Origin) async throws -> Guest {
        var spec = GuestSpec(
            name: "snapshot", kernel: image, initrd: [], commandLine: "", cpus: 2, memoryMiB: 32,
            consoleCap: 64 << 20, channelCap: 1 << 20)
        spec.origin = origin
        return try await Lab.shared.hypervisor().makeGuest(spec)
    }

    private func text(after snapshot: Snapshot, _ image: FilePath) async throws -> String {
        let guest = try await guest(image, .restore(snapshot))
        try await guest.start(limit: startLimit)
        return try await letters(of: guest)
    }

    /// The first that it prints; it is removed afterwards.
    private func letters(of guest: Guest) async throws -> String {
        var bytes: [UInt8] = []
        for await case .bytes(let more) in guest.console {
            bytes += more
            if bytes.count >= Self.enough { break }
        }
        await guest.remove()
        try #require(bytes.count >= Self.enough)
        return String(decoding: bytes.prefix(Self.enough), as: UTF8.self)
    }
}
