// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A file of a run's folder that a guest has filled.
enum CollectedFile {
    /// Most bytes that are read of one.
    private static let limit = 1 << 20

    /// Its text, as far as it is within bounds; what is no UTF-8 is replaced.
    static func text(_ path: FilePath) throws -> String {
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var bytes = [UInt8](repeating: 0, count: limit)
            let count = try bytes.withUnsafeMutableBytes { buffer in
                var filled = 0
                while filled < buffer.count {
                    let got = try file.read(into: .init(rebasing: buffer[filled...]))
                    if got == 0 { break }
                    filled += got
                }
                return filled
            }
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
    }
}
