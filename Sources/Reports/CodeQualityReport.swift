// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// Findings as GitLab shows them in a merge request: its code quality report, a subset of Code Climate's format.
public struct CodeQualityReport: Encodable {
    private struct Issue: Encodable {
        struct Location: Encodable {
            struct Lines: Encodable { let begin: Int }
            let path: String
            let lines: Lines
        }

        let description: String
        let checkName: String
        let fingerprint: String
        let severity: String
        let location: Location
    }

    private let issues: [Issue]

    /// The findings that have a place in a source file, each once.
    public init(_ report: RunsReport) {
        var seen: Set<String> = []
        issues = report.runs.flatMap(\.findings).compactMap { finding in
            guard let place = SourcePlace(finding.location), seen.insert(finding.signature).inserted else {
                return nil
            }
            return Issue(
                description: finding.title, checkName: finding.crashClass.rawValue,
                fingerprint: finding.signature, severity: "critical",
                location: .init(path: place.file, lines: .init(begin: place.line)))
        }
    }

    /// A list of issues.
    public func encode(to encoder: any Encoder) throws { try issues.encode(to: encoder) }
}
