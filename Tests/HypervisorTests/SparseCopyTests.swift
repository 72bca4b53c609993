// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("Copies of saved memory")
struct SparseCopyTests {
    /// A file of 64 MiB with a megabyte of data in its middle and a few bytes at its end.
    private func make(in folder: URL) throws -> (FilePath, [UInt8]) {
        let path = FilePath(folder.path).appending("memory")
        let data = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
        try file.closeAfter {
            _ = try file.writeAll(toAbsoluteOffset: 16 << 20, data)
            _ = try file.writeAll(toAbsoluteOffset: (64 << 20) - 3, [1, 2, 3])
        }
        return (path, data)
    }

    private func check(_ copy: FilePath, _ data: [UInt8]) throws {
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: copy.string)))
        #expect(bytes.count == 64 << 20 && Array(bytes.suffix(3)) == [1, 2, 3])
        #expect(Array(bytes[(16 << 20)..<(17 << 20)]) == data)
        #expect(bytes[0..<(16 << 20)].allSatisfy { $0 == 0 })
        var status = stat()
        try #require(stat(copy.string, &status) == 0)
        #expect(status.st_blocks * 512 < 8 << 20, "holes are holes in the copy")
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "copy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test("On one file system") func same() throws {
        try withFolder { folder in
            let (path, data) = try make(in: folder)
            let copy = FilePath(folder.path).appending("copy")
            try FileSystem.copySparse(path, to: copy)
            try check(copy, data)
        }
    }

    /// The cache may be on another disk than /var/tmp.
    @Test("From one file system to another", .enabled(if: getuid() == 0, "mounting a file system needs root"))
    func other() throws {
        try withFolder { folder in
            let (path, data) = try make(in: folder)
            let mounted = folder.appending(path: "other")
            try FileManager.default.createDirectory(at: mounted, withIntermediateDirectories: false)
            try #require(mount("tmpfs", mounted.path, "tmpfs", 0, "size=32m") == 0)
            defer { umount(mounted.path) }
            let copy = FilePath(mounted.path).appending("copy")
            try FileSystem.copySparse(path, to: copy)
            try check(copy, data)
        }
    }
}
