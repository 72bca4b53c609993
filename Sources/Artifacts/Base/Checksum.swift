// SPDX-License-Identifier: Apache-2.0

import CCrypto
import Dispatch
import SystemPackage

/// SHA-256 (FIPS 180-4) as OpenSSL computes it, always 64 lower-case hex digits.
enum Checksum {
    /// How much of a file is read at once, bytes.
    private static let chunk = 1 << 18
    /// Reading files blocks: not on the threads that tasks share.
    private static let queue = DispatchQueue(label: "pacctlab.checksum", attributes: .concurrent)

    /// Of bytes in memory.
    static func of(_ bytes: [UInt8]) throws -> String {
        let digest = try Digest()
        try bytes.withUnsafeBytes { try digest.add($0) }
        return try digest.finish()
    }

    /// Of text.
    static func of(_ text: String) throws -> String { try of(Array(text.utf8)) }

    /// Of a file's content. Takes a second or two for a gigabyte.
    ///
    /// - Throws: ``ArtifactError`` when it cannot be read.
    static func of(file: FilePath) async throws -> String {
        try await of(files: [file])[0]
    }

    /// Of many files, in their order.
    ///
    /// - Throws: ``ArtifactError`` when one of them cannot be read.
    static func of(files: [FilePath]) async throws -> [String] {
        guard !files.isEmpty else { return [] }
        let sums = try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try files.map { try read($0) } }) }
        }
        try Task.checkCancellation()
        return sums
    }

    private static func read(_ path: FilePath) throws -> String {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                let digest = try Digest()
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
                defer { buffer.deallocate() }
                while case let count = try file.read(into: buffer), count > 0 {
                    try digest.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
                return try digest.finish()
            }
        } catch let error as Errno {
            throw ArtifactError.system(error.rawValue, action: "compute a checksum", path: path)
        }
    }

    /// Whether `text` is a SHA-256 in lower-case hex.
    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// A sum under way. See EVP_DigestInit(3).
    private final class Digest {
        private let context: OpaquePointer

        init() throws {
            guard let context = EVP_MD_CTX_new() else { throw Self.failure }
            self.context = context
            guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw Self.failure }
        }

        deinit { EVP_MD_CTX_free(context) }

        func add(_ bytes: UnsafeRawBufferPointer) throws {
            guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw Self.failure }
        }

        func finish() throws -> String {
            var sum = [UInt8](repeating: 0, count: 32)
            guard EVP_DigestFinal_ex(context, &sum, nil) == 1 else { throw Self.failure }
            let digits = Array("0123456789abcdef".utf8)
            return String(
                decoding: sum.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }

        private static var failure: ArtifactError {
            ArtifactError(
                .invalidInput, action: "compute a checksum", subject: "SHA-256",
                reason: "OpenSSL on this host refuses to compute it.")
        }
    }
}
