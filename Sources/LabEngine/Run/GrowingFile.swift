// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A file that somebody else appends to, read piece by piece.
struct GrowingFile {
    private let path: FilePath
    private var descriptor: FileDescriptor?

    /// How far it has been read, bytes.
    private(set) var offset: Int64 = 0

    init(_ path: FilePath) { self.path = path }

    /// What has come since the last call, at most `limit` bytes; empty when nothing has.
    mutating func readMore(limit: Int = 1 << 20) throws -> [UInt8] {
        if descriptor == nil {
            // QEMU makes the file a moment after it has started.
            do {
                descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            } catch Errno.noSuchFileOrDirectory {
                return []
            }
        }
        guard let descriptor else { return [] }
        let bytes = try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = try descriptor.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
        offset += Int64(bytes.count)
        return bytes
    }

    /// Closes the file.
    mutating func close() {
        try? descriptor?.close()
        descriptor = nil
    }
}
