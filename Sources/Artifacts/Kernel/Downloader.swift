// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Fetches files whose SHA-256 is known, into the cache.
struct Downloader: Sendable {
    let store: ArtifactStore
    let progress: BuildProgress

    /// The file with the checksum `sha256`, from the first of `addresses` that delivers it.
    ///
    /// A download that was cut off goes on where it stopped. A file with another checksum is removed: it is
    /// never unpacked.
    ///
    /// - Parameter bytes: The expected size, for the progress; `nil` when it is not known.
    func fetch(_ addresses: [String], sha256: String, bytes: Int?) async throws -> (FilePath, Artifact) {
        let name = addresses.first.map(Self.fileName) ?? sha256
        let artifact = try await store.artifact(
            kind: Self.kind, key: try Self.key(sha256), inputsDescription: name, progress: progress
        ) { work in
            let lock = try await FileLock.lock(store.lockPath(kind: "download", key: sha256), .exclusive)
            defer { withExtendedLifetime(lock) {} }
            let folder = store.root.appending("downloads")
            try Files.createDirectory(folder)
            let partial = folder.appending(sha256)
            var failure: (any Error)?
            for address in addresses {
                do {
                    try await download(address, to: partial, sha256: sha256, bytes: bytes)
                    try Files.rename(partial, to: work.appending(name))
                    return
                } catch let error as ArtifactError {
                    if case .diskFull = error.code { throw error }
                    progress.line(error.description)
                    failure = error
                }
            }
            throw failure
                ?? ArtifactError(
                    .notFound, action: "download a file", subject: name, reason: "No address is known for it."
                )
        }
        let found = try Files.names(in: artifact.path).first { $0 != ArtifactManifest.name }
        return (artifact.path.appending(found ?? name), artifact)
    }

    static let kind = "tarball"

    static func key(_ sha256: String) throws -> ArtifactKey {
        try ArtifactKey([("sha256", sha256)])
    }

    /// The last part of an address, as far as it can be a file's name.
    static func fileName(_ address: String) -> String {
        let path = address.prefix { $0 != "?" && $0 != "#" }
        let name = path.split(separator: "/").last.map { part in
            String(part.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._+-".contains($0)) ? $0 : "_" })
        }
        guard let name, !name.hasPrefix("."), name != ArtifactManifest.name else { return "file" }
        return String(name.prefix(100))
    }

    /// Fetches and verifies one address. What an earlier download left is gone on with; when that does not make
    /// the file that is wanted, it was the beginning of another one, and the download starts anew.
    private func download(_ address: String, to partial: FilePath, sha256: String, bytes: Int?) async throws {
        func size() -> Int64 { Files.status(partial)?.size ?? 0 }
        if let bytes, size() > Int64(bytes) { try Files.remove(partial) }
        let isResumed = size() > 0
        if !isResumed || bytes.map(Int64.init) != size() {
            let result = try await transfer(address, to: partial, bytes: bytes)
            // A server says 416 when there is nothing behind what is here: because it is whole, or no part of
            // this file. 33: the server cannot go on in the middle.
            let cannotGoOn = result.exitCode == 33 || (result.exitCode == 22 && result.tail.contains("416"))
            guard result.succeeded || (isResumed && cannotGoOn) else { throw failure(result, address) }
        }
        let actual = try await Checksum.of(file: partial)
        if actual == sha256 { return }
        try Files.remove(partial)
        guard isResumed else {
            throw ArtifactError.wrongChecksum(expected: sha256, actual: actual, subject: address)
        }
        progress.line("What was left of an earlier download is of no use: starting anew.")
        try await download(address, to: partial, sha256: sha256, bytes: bytes)
    }

    private func failure(_ result: Command.Result, _ address: String) -> ArtifactError {
        // 23: curl could not write.
        if result.exitCode == 23, (FileSystemSpace.available(at: store.root) ?? .max) < 1 << 20 {
            return .diskFull(action: "download a file", path: store.root)
        }
        return ArtifactError(
            .commandFailed(status: result.status, output: result.tail), action: "download a file",
            subject: address, reason: "curl ended with \(result.status): \(result.tail.prefix(300))",
            remedy: "Check the network, or give a tarball on disk with --kernel-tarball.")
    }

    private func transfer(_ address: String, to partial: FilePath, bytes: Int?) async throws -> Command.Result
    {
        progress.phase("download \(Self.fileName(address))")
        let command = Command(
            action: "download a file", program: "curl",
            arguments: [
                "--fail", "--location", "--silent", "--show-error", "--retry", "3", "--connect-timeout", "20",
                "--speed-limit", "1024", "--speed-time", "60", "--globoff",
                "--continue-at", "-", "--output", partial.string, "--", address,
            ],
            directory: store.root, limit: .seconds(12 * 3600))
        let watcher = Task {
            while !Task.isCancelled {
                if let bytes, let size = Files.status(partial)?.size { progress.step(Int(size), of: bytes) }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        defer { watcher.cancel() }
        return try await command.run()
    }
}

extension ArtifactError {
    /// The error for a file that is not the one it should be.
    static func wrongChecksum(expected: String, actual: String, subject: String) -> ArtifactError {
        ArtifactError(
            .wrongChecksum(expected: expected, actual: actual), action: "verify a file", subject: subject,
            reason: "Its SHA-256 is \(actual), but \(expected) was expected.",
            remedy: "Make sure that it is the file you mean; a damaged download is fetched again next time.")
    }
}
