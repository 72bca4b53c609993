// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// A file of a run's folder, read no further than a limit: a folder may come from anywhere, and a guest decided how long
/// some of its files are.
struct BoundedFile {
    /// Most bytes of `run.json` and the other small documents.
    static let documentLimit = 64 << 20

    /// Its first bytes.
    let data: Data
    /// Whether there is more of it.
    let isCut: Bool

    /// Reads a file.
    ///
    /// - Throws: When it cannot be read, or is no regular file (a pipe would never end).
    init(_ path: FilePath, limit: Int) throws {
        var info = stat()
        guard stat(path.string, &info) == 0 else { throw Errno(rawValue: errno) }
        guard info.st_mode & S_IFMT == S_IFREG else { throw Errno.invalidArgument }
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path.string))
        defer { try? handle.close() }
        let read = try handle.read(upToCount: limit + 1) ?? Data()
        data = Data(read.prefix(limit))
        isCut = read.count > limit
    }

    /// Its text; what is no UTF-8 in it is replaced.
    var text: String { String(decoding: data, as: UTF8.self) }

    /// A document of pacctlab's contracts in a file.
    ///
    /// - Throws: When it cannot be read, is no such document, or is longer than ``documentLimit``.
    static func document<Document: Decodable>(_ type: Document.Type, in path: FilePath) throws -> Document {
        let file = try BoundedFile(path, limit: documentLimit)
        guard !file.isCut else { throw Errno.fileTooLarge }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: file.data)
    }
}

extension RunReport {
    /// Reads `run.json` of a run's folder.
    ///
    /// - Throws: ``LabError`` when there is none that can be read.
    public static func read(in folder: FilePath) throws(LabError) -> RunReport {
        do { return try BoundedFile.document(RunReport.self, in: folder.appending("run.json")) } catch {
            throw LabError(
                .badInput,
                "\(folder) is not the folder of a run: it has no run.json that can be read (\(error)).",
                remedy: "Name a folder below results/, or \"latest\".")
        }
    }
}
