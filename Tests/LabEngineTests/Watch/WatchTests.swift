// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hypervisor
import SystemPackage
import Testing

@testable import LabEngine

@Suite("What a change is")
struct WatchTests {
    @Test("Sources are, and what editors and kbuild leave beside them is not")
    func names() {
        for name in ["hooks.c", "hooks.h", "Kbuild", "Makefile", "smoke.yaml", "tasks.inc"] {
            #expect(ChangeFilter.matters(name), "\(name)")
        }
        for name in [
            ".hooks.c.swp", "hooks.c~", "4913", ".#hooks.c", "#hooks.c#", "hooks.o", ".hooks.o.cmd",
            "x.mod.c",
            "Module.symvers", "modules.order", "x.ko",
        ] {
            #expect(!ChangeFilter.matters(name), "\(name)")
        }
    }

    @Test("Events are taken one after the other, and half of one is left")
    func events() {
        func event(_ watch: Int32, _ mask: UInt32, _ name: String, padded: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            for value in [UInt32(bitPattern: watch), mask, 0, UInt32(padded)] {
                withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
            }
            return bytes + Array(name.utf8) + [UInt8](repeating: 0, count: padded - name.utf8.count)
        }
        let bytes = event(1, 8, "hooks.c", padded: 16) + event(2, 0x400, "", padded: 0) + [1, 0, 0]
        bytes.withUnsafeBytes { buffer in
            var rest = buffer
            #expect(InotifyEvent(&rest) == InotifyEvent(watch: 1, mask: 8, name: "hooks.c"))
            #expect(InotifyEvent(&rest) == InotifyEvent(watch: 2, mask: 0x400, name: ""))
            #expect(InotifyEvent(&rest) == nil && rest.count == 3)
        }
    }

    @Test(
        "A file saved in place, one saved beside and renamed, and one in a new folder",
        .timeLimit(.minutes(1)))
    func folders() async throws {
        let folder = FilePath(NSTemporaryDirectory()).appending("watch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let watcher = try FolderWatcher([folder])
        var changes = watcher.changes.makeAsyncIterator()
        func write(_ name: String, atomically: Bool) throws {
            try "text".write(toFile: folder.appending(name).string, atomically: atomically, encoding: .utf8)
        }
        try write("hooks.c", atomically: false)
        #expect(await changes.next() == folder.appending("hooks.c"))
        try write(".hooks.c.swp", atomically: false)
        try write("hooks.o", atomically: false)
        try write("other.c", atomically: true)
        // The temporary file that was renamed may be told of, too.
        while let change = await changes.next(), change != folder.appending("other.c") {
            #expect(!["hooks.o", ".hooks.c.swp"].contains(change.lastComponent?.string))
        }
        try FileManager.default.createDirectory(
            atPath: folder.appending("kunit").string, withIntermediateDirectories: false)
        while let change = await changes.next(), change != folder.appending("kunit") {}
        try write("kunit/test.c", atomically: false)
        while let change = await changes.next(), change != folder.appending("kunit/test.c") {}
    }

    @Test("A folder that is not there is an error that names it")
    func missing() {
        let error = #expect(throws: LabError.self) { try FolderWatcher(["/nowhere/at/all"]) }
        #expect(error?.message.contains("/nowhere/at/all") == true)
    }

    @Test("A spare guest does for a run with another name and job, and for no other machine")
    func spares() {
        var one = GuestSpec(name: "spare", kernel: "/k", initrd: [], commandLine: "quiet")
        one.sharedMemory = .init(size: 4096, content: nil)
        var other = one
        other.name = "run"
        other.sharedMemory?.content = .init(header: [1], file: "/job")
        #expect(SpareGuests.isAlike(one, other))
        other.seed = 7
        #expect(!SpareGuests.isAlike(one, other))
    }
}
