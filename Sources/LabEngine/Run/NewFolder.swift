// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Folders of runs and campaigns, named after the time they began.
public enum NewFolder {
    /// Makes a folder `TIME-name` that nobody else has.
    ///
    /// - Throws: ``LabError`` when it cannot be made.
    public static func make(in results: FilePath, _ name: String) throws -> FilePath {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyyMMdd-HHmmss"
        let base = "\(formatter.string(from: Date()))-\(name)"
        try FileManager.default.createDirectory(atPath: results.string, withIntermediateDirectories: true)
        for attempt in 0..<1000 {
            let candidate = results.appending(attempt == 0 ? base : "\(base)-\(attempt + 1)")
            // mkdir(2) decides who gets the name when two start at once.
            if mkdir(candidate.string, 0o755) == 0 { return candidate }
            if errno == EEXIST { continue }
            throw LabError(
                .trouble,
                "The folder \(candidate) cannot be made: \(String(cString: strerror(errno))).",
                remedy: "Name another place with --results.")
        }
        throw LabError(.trouble, "No free name for a folder was found in \(results).")
    }

    /// A scenario's name as part of a folder's.
    public static func plain(_ scenario: String) -> String {
        String(scenario.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.prefix(40))
    }
}
