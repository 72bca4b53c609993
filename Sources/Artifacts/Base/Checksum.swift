// SPDX-License-Identifier: Apache-2.0

import Glibc
import Subprocess
import SystemPackage

/// SHA-256 as coreutils' `sha256sum` computes it, always 64 lower-case hex digits.
enum Checksum {
    /// Of bytes in memory.
    static func of(_ bytes: [UInt8]) async throws -> String {
        let file = try namelessFile(bytes)
        let result = try? await Subprocess.run(
            .name("sha256sum"), input: .fileDescriptor(file, closeAfterSpawningProcess: true),
            output: .string(limit: 1024), error: .discarded)
        try Task.checkCancellation()
        guard let result, result.terminationStatus.isSuccess, let sum = digest(result.standardOutput) else {
            throw ArtifactError.programMissing(
                "sha256sum", action: "compute a checksum", package: "coreutils")
        }
        return sum
    }

    /// A file without a name that holds `bytes`. A pipe would not do: writing to a process that was cancelled
    /// meanwhile raises SIGPIPE, which ends us.
    private static func namelessFile(_ bytes: [UInt8]) throws -> FileDescriptor {
        let base = FilePath(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
        let path = base.appending("pacctlab-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        do {
            let file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
            unlink(path.string)
            do {
                _ = try file.writeAll(bytes)
                _ = try file.seek(offset: 0, from: FileDescriptor.SeekOrigin.start)
                return file
            } catch {
                try? file.close()
                throw error
            }
        } catch let error as Errno {
            throw ArtifactError.system(error.rawValue, action: "write a temporary file", path: path)
        }
    }

    /// Of text.
    static func of(_ text: String) async throws -> String { try await of(Array(text.utf8)) }

    /// Of a file's content. Takes about a second for 400 MB.
    static func of(file: FilePath) async throws -> String {
        guard let sum = try await of(files: [file]).first else {
            throw ArtifactError(
                .notFound, action: "compute a checksum", subject: file.string, reason: "The file went away.")
        }
        return sum
    }

    /// Of many files, in their order, by as few processes as the argument list allows.
    static func of(files: [FilePath]) async throws -> [String] {
        var sums: [String] = []
        var rest = files[...]
        while !rest.isEmpty {
            // The answer must fit into what Command keeps, with paths as long as they can be.
            let batch = rest.prefix(50)
            rest = rest.dropFirst(50)
            let command = Command(
                action: "compute checksums", program: "sha256sum",
                arguments: ["--zero", "--"] + batch.map(\.string))
            // --zero: one record a file, never escaped, ended by NUL.
            let output = try await command.check().tail
            sums += output.split(separator: "\0").compactMap { digest(String($0)) }
        }
        guard sums.count == files.count else {
            throw ArtifactError(
                .invalidInput, action: "compute checksums", subject: "\(files.count) files",
                reason: "sha256sum answered for \(sums.count) of them only.")
        }
        return sums
    }

    /// Whether `text` is a SHA-256 in lower-case hex.
    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func digest(_ text: String?) -> String? {
        guard let first = text?.split(separator: " ").first, isDigest(String(first)) else { return nil }
        return String(first)
    }
}
