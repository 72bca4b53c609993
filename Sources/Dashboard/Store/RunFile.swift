// SPDX-License-Identifier: Apache-2.0

import Foundation
import RunStore
import SystemPackage

/// Files of run folders, and nothing else.
enum RunFile {
    /// A page with thousands of lines of log is some MiB.
    private static let limit = 32 << 20

    /// Why a file is not shown.
    enum Refusal: Error, Equatable {
        /// It is not there, or the run never had a folder.
        case missing
        /// It is no regular file below the campaign's directory, or is too large: nobody of ours wrote it.
        case suspicious
    }

    /// Reads a file of a run's folder. The folder has to be a folder in the campaign's, and the file a regular file in it:
    /// no link is followed, so that nothing else on the machine can be read.
    ///
    /// - Throws: ``Refusal``.
    static func read(_ name: String, of run: StoredResult, in campaign: StoredCampaign) throws(Refusal)
        -> String
    {
        guard !run.folder.isEmpty else { throw .missing }
        guard isPlain(run.folder), isPlain(name) else { throw .suspicious }
        let top = try open(campaign.directory, below: AT_FDCWD, O_DIRECTORY)
        defer { close(top) }
        let folder = try open(run.folder, below: top, O_DIRECTORY | O_NOFOLLOW)
        defer { close(folder) }
        // A pipe would keep us waiting for somebody who writes.
        let file = try open(name, below: folder, O_NOFOLLOW | O_NONBLOCK)
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
            throw .suspicious
        }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: false)
        guard let data = try? handle.read(upToCount: limit) else { throw .missing }
        return String(decoding: data, as: UTF8.self)
    }

    /// Whether it is a name, and no way to somewhere else.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    private static func open(_ name: String, below folder: Int32, _ flags: Int32) throws(Refusal) -> Int32 {
        let file = openat(folder, name, O_RDONLY | O_CLOEXEC | flags)
        guard file >= 0 else { throw errno == ENOENT ? .missing : .suspicious }
        return file
    }
}
