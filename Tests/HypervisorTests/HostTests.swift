// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("What the host is and has")
struct HostTests {
    @Test("This host's facts hold together")
    func facts() {
        let facts = HostFacts.read(workFolder: "/var/tmp/there/is/no/such/folder")
        #expect(facts.cpus >= 1)
        #expect(facts.memory > 64 << 20)
        #expect(facts.memoryAvailable > 0 && facts.memoryAvailable <= facts.memory)
        #expect((facts.diskFree ?? -1) > 0)
        #expect(facts.cpuModel != "unknown" && facts.cpuVendor != "unknown")
        #expect(facts.kernel.contains("."))
        #expect((facts.kvm == .missing) == !FileSystem.exists("/dev/kvm"))
    }

    @Test("The first CPU's entry")
    func cpuInfo() {
        let text =
            "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: A: B\nflags\t\t: fpu hypervisor\n\nvendor_id\t: X\n"
        let cpu = CPUInfo.parse(text)
        #expect(cpu.vendor == "GenuineIntel")
        #expect(cpu.model == "A: B")
        #expect(cpu.flags == ["fpu", "hypervisor"])
        #expect(CPUInfo.parse("").vendor == "unknown")
        #expect(HostFacts.kibibytes("MemFree", in: "MemFreeX: 1 kB\nMemFree:  12 kB\n") == 12 << 10)
    }

    @Test("QEMU is found, asked, and missed")
    func emulator() async throws {
        let emulator = try Emulator.find(nil)
        #expect(emulator.path.lastComponent?.string == Emulator.programName)
        #expect(try await emulator.version().first?.isNumber ?? false)
        for path: FilePath in ["/no/such/qemu", "relative", "/etc/passwd"] {
            let error = #expect(throws: HypervisorError.self) { try Emulator.find(path) }
            #expect(error?.code == .emulatorMissing)
            #expect(error?.description.contains("\(path)") ?? false)
            #expect(error?.advice?.contains("apt-get install") ?? false)
        }
        await #expect(throws: HypervisorError.self) { try await Emulator(path: "/bin/true").version() }
        #expect(LibvirtConnection.libraryVersion.split(separator: ".").count == 3)
    }

    @Test("An older session's folder is cleared away, a living one's is not")
    func stale() async throws {
        try await Lab.shared.prepare()
        let temporary = Lab.shared.folder.appending("stale")
        try FileSystem.makeFolder(temporary, mode: 0o755)
        let owner = try Owner.ofQEMU()
        let living = try SessionFolder.make(in: temporary, owner: owner)
        let dead = try SessionFolder.make(in: temporary, owner: owner)
        try dead.lock.close()
        let young = try SessionFolder.make(in: temporary, owner: owner)
        try young.lock.close()
        for path in [living.path, dead.path] {
            var times = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, path.string, &times, 0) == 0)
        }
        let new = try SessionFolder.make(in: temporary, owner: owner)
        #expect(FileSystem.exists(living.path))
        #expect(!FileSystem.exists(dead.path))
        #expect(FileSystem.exists(young.path))
        #expect(SessionFolder.isSession(new.path))
        // Not by its own method, which would close its lock once more: by then another file's number.
        try FileSystem.remove(young.path)
        for folder in [living, new] { folder.remove(logger: Logger(label: "test")) }
        #expect(!SessionFolder.isSession(new.path))
    }

    @Test("A folder is removed without following links out of it")
    func removal() async throws {
        try await Lab.shared.prepare()
        let (inside, outside) = (
            Lab.shared.folder.appending("inside"), Lab.shared.folder.appending("outside")
        )
        for folder in [inside, outside] { try FileSystem.makeFolder(folder, mode: 0o755) }
        try FileSystem.write([1], to: outside.appending("file"))
        #expect(symlink(outside.string, inside.appending("link").string) == 0)
        try FileSystem.remove(inside)
        try FileSystem.remove(inside)
        #expect(!FileSystem.exists(inside))
        #expect(FileSystem.exists(outside.appending("file")))
    }
}
