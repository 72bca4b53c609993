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
        let name = addresses.first.map { String($0.split(separator: "/").last ?? "file") } ?? "file"
        let key = try await ArtifactKey([("sha256", sha256)])
        let artifact = try await store.artifact(
            kind: "tarball", key: key, inputsDescription: name, progress: progress
        ) { work in
            let folder = store.root.appending("downloads")
            try Files.createDirectory(folder)
            let partial = folder.appending(sha256)
            var failure: (any Error)?
            for address in addresses {
                do {
                    try await download(address, to: partial, bytes: bytes)
                    try await verify(partial, sha256: sha256, address: address)
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

    private func download(_ address: String, to partial: FilePath, bytes: Int?) async throws {
        progress.phase("download \(address.split(separator: "/").last ?? "")")
        let command = Command(
            action: "download a file", program: "curl",
            arguments: [
                "--fail", "--location", "--silent", "--show-error", "--retry", "3", "--connect-timeout", "20",
                "--speed-limit", "1024", "--speed-time", "60",
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
        let result = try await command.run()
        if result.succeeded { return }
        // 33: the server cannot continue, or the file is whole already; 23: writing failed.
        if result.exitCode == 33 || (bytes != nil && Files.status(partial)?.size == bytes.map(Int64.init)) {
            return
        }
        if result.exitCode == 23, (FileSystemSpace.available(at: store.root) ?? .max) < 1 << 20 {
            throw ArtifactError.diskFull(action: "download a file", path: partial)
        }
        throw ArtifactError(
            .commandFailed(status: result.status, output: result.tail), action: "download a file",
            subject: address, reason: "curl ended with \(result.status): \(result.tail.prefix(300))",
            remedy: "Check the network, or give a tarball on disk with --kernel-tarball.")
    }

    private func verify(_ partial: FilePath, sha256: String, address: String) async throws {
        let actual = try await Checksum.of(file: partial)
        guard actual != sha256 else { return }
        try Files.remove(partial)
        throw ArtifactError.wrongChecksum(expected: sha256, actual: actual, subject: address)
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
