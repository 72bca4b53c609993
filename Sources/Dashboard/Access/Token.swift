// SPDX-License-Identifier: Apache-2.0

import CCrypto
import Foundation
import LabEngine
import SystemPackage

/// The secret that opens the dashboard to those who are not on this machine.
public struct Token: Sendable {
    private static let fewest = 16
    private static let most = 256
    /// RFC 3986 (2.3): neither an address nor a header nor a cookie changes them.
    private static let letters = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    /// As it is sent.
    public let text: String

    /// A new one that nobody can guess: 192 random bits.
    public static func random() -> Token {
        var generator = SystemRandomNumberGenerator()
        let words = (0..<3).map { _ in generator.next() as UInt64 }
        return Token(checked: words.map { String(format: "%016llx", $0) }.joined())
    }

    /// From a file with that one line, which nobody but its owner may read.
    ///
    /// - Throws: ``LabError``.
    public init(file: FilePath) throws(LabError) {
        var status = stat()
        guard stat(file.string, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 4096,
            let data = FileManager.default.contents(atPath: file.string)
        else {
            throw LabError(.badInput, "The token cannot be read from \(file): there is no such file.")
        }
        guard status.st_mode & (S_IRGRP | S_IROTH) == 0 else {
            throw LabError(
                .badInput, "The token in \(file) can be read by others.", remedy: "chmod 600 \(file)")
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard (Self.fewest...Self.most).contains(text.utf8.count),
            text.utf8.allSatisfy(Self.letters.contains)
        else {
            throw LabError(
                .badInput,
                "The token in \(file) must be \(Self.fewest) to \(Self.most) letters, digits or -._~.",
                remedy: "openssl rand -hex 24 > \(file)")
        }
        self.init(checked: text)
    }

    private init(checked: String) { text = checked }

    /// Whether somebody knows it. Takes as long for a wrong one as for the right one, so that time tells nothing.
    public func matches(_ other: String) -> Bool {
        // Digests are equally long, whatever was sent.
        let (own, theirs) = (Digest.sha256(text), Digest.sha256(other))
        return zip(own, theirs).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0 && own.count == theirs.count
    }
}

/// SHA-256 (FIPS 180-4) as OpenSSL computes it.
enum Digest {
    /// 32 bytes.
    static func sha256(_ text: String) -> [UInt8] {
        var sum = [UInt8](repeating: 0, count: 32)
        let bytes = Array(text.utf8)
        let isDone = EVP_Digest(bytes, bytes.count, &sum, nil, EVP_sha256(), nil)
        // It fails only where OpenSSL is told to forbid SHA-256; going on without would open every door.
        precondition(isDone == 1, "OpenSSL on this host refuses to compute SHA-256.")
        return sum
    }
}
