// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The bytes of a "newc" archive, written to a file as they come.
///
/// A record is a header of 110 characters (a magic and 13 numbers of 8 hex digits), the name ended by NUL
/// and padded to 4 bytes, and the content padded to 4 bytes.
struct CpioStream {
    private let output: FileDescriptor
    private var offset = 0
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 20
    /// The name of the record that ends an archive.
    static let endMark = "TRAILER!!!"

    init(output: FileDescriptor) { self.output = output }

    mutating func write(name: String, entry: CpioWriter.Entry, number: UInt32) throws {
        switch entry.content {
        case .directory:
            try header(name, mode: 0o040000 | entry.mode, number: number, links: 2, size: 0)
        case .device(let major, let minor):
            try header(
                name, mode: 0o020000 | entry.mode, number: number, links: 1, size: 0, device: (major, minor))
        case .symlink(let target):
            let bytes = Array(target.utf8)
            try header(name, mode: 0o120000 | entry.mode, number: number, links: 1, size: bytes.count)
            try content(bytes)
        case .bytes(let bytes):
            try header(name, mode: 0o100000 | entry.mode, number: number, links: 1, size: bytes.count)
            try content(bytes)
        case .file(let path):
            try file(path, name: name, mode: 0o100000 | entry.mode, number: number)
        }
    }

    /// Writes the end mark, which the kernel takes literally, and fills the last block.
    mutating func finish() throws {
        try header(Self.endMark, mode: 0, number: 0, links: 1, size: 0)
        try pad(to: 512)
        try flush()
    }

    private mutating func file(_ path: FilePath, name: String, mode: UInt32, number: UInt32) throws {
        guard let size = Files.status(path, following: true)?.size, size < Int64(UInt32.max) else {
            throw ArtifactError(
                .notFound, action: "put a file into an archive", subject: path.string,
                reason: "It is not there, or too long for this format (4 GiB).")
        }
        try header(name, mode: mode, number: number, links: 1, size: Int(size))
        let input = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        defer { try? input.close() }
        var chunk = [UInt8](repeating: 0, count: Self.bufferSize)
        var rest = Int(size)
        while rest > 0 {
            let count = try chunk.withUnsafeMutableBytes { try input.read(into: $0) }
            guard count > 0 else { break }
            try append(chunk[..<min(count, rest)])
            rest -= min(count, rest)
        }
        guard rest == 0 else {
            throw ArtifactError(
                .invalidInput, action: "put a file into an archive", subject: path.string,
                reason: "It became shorter while it was read.", remedy: "Try again.")
        }
        try pad(to: 4)
    }

    private mutating func header(
        _ name: String, mode: UInt32, number: UInt32, links: UInt32, size: Int,
        device: (major: UInt32, minor: UInt32) = (0, 0)
    ) throws {
        guard let length = UInt32(exactly: size) else {
            throw ArtifactError(
                .invalidInput, action: "put a file into an archive", subject: name,
                reason: "It is too long for this format (4 GiB).")
        }
        let nameBytes = Array(name.utf8) + [0]
        // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
        let fields: [UInt32] = [
            number, mode, 0, 0, links, 0, length, 0, 0, device.major, device.minor,
            UInt32(nameBytes.count), 0,
        ]
        var bytes = Array("070701".utf8)
        for field in fields {
            let digits = String(field, radix: 16, uppercase: true)
            bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        }
        try append((bytes + nameBytes)[...])
        try pad(to: 4)
    }

    private mutating func content(_ bytes: [UInt8]) throws {
        try append(bytes[...])
        try pad(to: 4)
    }

    private mutating func pad(to alignment: Int) throws {
        let over = offset % alignment
        if over > 0 { try append([UInt8](repeating: 0, count: alignment - over)[...]) }
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        buffer += bytes
        offset += bytes.count
        if buffer.count >= Self.bufferSize { try flush() }
    }

    private mutating func flush() throws {
        try output.writeAll(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
