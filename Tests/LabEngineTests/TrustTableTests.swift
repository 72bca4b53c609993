// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The README says what can go wrong in the lab itself, and which test shows the verdict. A row without its test would
/// be a promise.
@Suite("The table of trust in the README")
struct TrustTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Rows as what goes wrong, verdict, file and name of the test.
    private static func rows() throws -> [[String]] {
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let part = text.components(separatedBy: "\n## What can go wrong in the lab itself\n")
        try #require(part.count == 2, "the README has the table once")
        return part[1].components(separatedBy: "\n## ")[0].split(separator: "\n")
            .filter { $0.hasPrefix("| ") }.dropFirst(1)
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
            .filter { !$0[0].hasPrefix("---") }
    }

    @Test("Every row names a test that is there, and a verdict that is one")
    func rows() throws {
        let rows = try Self.rows()
        #expect(rows.count >= 15)
        for row in rows {
            try #require(row.count == 4, "\(row)")
            let verdict = row[1].replacing("`", with: "")
            #expect(["passed", "failed", "inconclusive"].contains(verdict), "\(row)")
            let file = Self.root.appending(path: "Tests/\(row[2].replacing("`", with: "")).swift")
            let source = try String(contentsOf: file, encoding: .utf8)
            #expect(source.contains("\"\(row[3])"), "\(row[2]) has no test \"\(row[3])\"")
        }
    }
}
