// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

extension Files {
    /// The bytes of a file, at most `limit` of them.
    ///
    /// - Parameter limit: In bytes. A longer file is an error, because what is read here is configuration,
    ///   logs and modules, never bulk data.
    static func read(_ path: FilePath, limit: Int = 256 << 20) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            var bytes: [UInt8] = []
            if let size = status(path, following: true)?.size { bytes.reserveCapacity(Int(size)) }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
                if count == 0 { return bytes }
                bytes.append(contentsOf: chunk[..<count])
                if bytes.count > limit {
                    throw ArtifactError(
                        .invalidInput, action: "read a file", subject: path.string,
                        reason: "It is longer than \(limit >> 20) MiB, which nothing of its kind should be.")
                }
            }
        } catch let error as Errno {
            if error == .noSuchFileOrDirectory {
                throw ArtifactError(
                    .notFound, action: "read a file", subject: path.string,
                    reason: "There is no such file.")
            }
            throw ArtifactError.system(error.rawValue, action: "read a file", path: path)
        }
    }

    /// A file as text; bytes that are not UTF-8 are replaced.
    static func text(_ path: FilePath, limit: Int = 256 << 20) throws -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Replaces a file's content: written beside, synced, renamed into place.
    ///
    /// - Parameter durable: Whether it must survive a power cut; if not, it is not synced.
    static func write(
        _ bytes: some Sequence<UInt8>, to path: FilePath, mode: UInt32 = 0o644, durable: Bool = true
    ) throws {
        let beside = FilePath(path.string + ".new-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        do {
            let file = try FileDescriptor.open(
                beside, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: FilePermissions(rawValue: mode))
            try file.closeAfter {
                _ = try file.writeAll(bytes)
                guard !durable || fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            try rename(beside, to: path)
        } catch {
            unlink(beside.string)
            guard let number = error as? Errno else { throw error }
            throw ArtifactError.system(number.rawValue, action: "write a file", path: path)
        }
    }

    /// Replaces a file's content with text.
    static func write(_ text: String, to path: FilePath) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Copies a file's content and permission bits; symbolic links are followed.
    static func copy(_ source: FilePath, to destination: FilePath) throws {
        do {
            let input = try FileDescriptor.open(source, .readOnly, options: .closeOnExec)
            defer { try? input.close() }
            let mode = (status(source, following: true)?.mode ?? 0o644) & 0o777
            let output = try FileDescriptor.open(
                destination, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: FilePermissions(rawValue: mode))
            try output.closeAfter {
                while true {
                    let count = sendfile(output.rawValue, input.rawValue, nil, 1 << 24)
                    if count == 0 { return }
                    if count < 0 && errno != EINTR { throw Errno(rawValue: errno) }
                }
            }
        } catch let error as Errno {
            throw ArtifactError.system(error.rawValue, action: "copy \(source)", path: destination)
        }
    }

    /// Sees to it that everything below `directory` survives a power cut.
    ///
    /// A few files are synced one by one, which does not wait for other people's writes;
    /// a large tree by one `syncfs(2)`, which glibc's module does not offer but coreutils' `sync` does.
    static func sync(tree directory: FilePath) async throws {
        var files: [FilePath] = []
        var total = 0
        try walk(directory) { path, status in
            total += 1
            if status.kind == .file || status.kind == .directory, files.count <= 64 { files.append(path) }
        }
        files.append(directory)
        if total <= 64 {
            for path in files { try sync(path) }
        } else {
            try await Command(
                action: "write a folder to disk", program: "sync",
                arguments: ["--file-system", directory.string]
            ).check()
        }
    }

    /// `fsync` of one file or folder.
    static func sync(_ path: FilePath) throws {
        try withDescriptor(path) { fsync($0) }
    }

    private static func withDescriptor(_ path: FilePath, _ body: (CInt) -> CInt) throws {
        let descriptor = Glibc.open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ArtifactError.system(errno, action: "open a file to sync it", path: path)
        }
        defer { close(descriptor) }
        guard body(descriptor) == 0 else {
            throw ArtifactError.system(errno, action: "write a file to disk", path: path)
        }
    }
}
