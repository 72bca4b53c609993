// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

/// A copy of our module with a deliberate mistake in it.
enum ModuleCopy {
    /// A text of a file that is exchanged for another one.
    struct Mistake: Sendable {
        /// The file, below `kmod/pacct_energy`.
        var file: String
        /// What stands there now, exactly once.
        var right: String
        /// What is to stand there.
        var wrong: String
    }

    /// Copies the module into a folder and makes the mistakes.
    ///
    /// A text that is not there, or there more than once, fails the test: the module has changed, and what the
    /// mistake was to show has to be thought about again.
    ///
    /// - Returns: The module's folder.
    static func make(in folder: FilePath, with mistakes: [Mistake]) throws -> FilePath {
        let copy = folder.appending("pacct_energy")
        try FileManager.default.copyItem(
            atPath: LabCommand.checkout.appending("kmod/pacct_energy").string, toPath: copy.string)
        for mistake in mistakes {
            let file = copy.appending(mistake.file).string
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let parts = text.components(separatedBy: mistake.right)
            try #require(
                parts.count == 2,
                "\(mistake.file) has this \(parts.count - 1) times and should once: \(mistake.right)")
            try parts.joined(separator: mistake.wrong).write(toFile: file, atomically: true, encoding: .utf8)
        }
        return copy
    }
}
