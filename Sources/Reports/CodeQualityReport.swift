// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage

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
    ///
    /// - Parameter places: Knows the repository's root.
    public init(_ report: RunsReport, places: RepositoryPlaces) {
        var seen: Set<String> = []
        let findings = report.runs.flatMap { run in run.findings.map { (run, $0) } }
        issues = findings.compactMap { run, finding in
            guard let place = places.place(finding.location, module: run.module.map { FilePath($0) }),
                seen.insert(finding.signature).inserted
            else { return nil }
            return Issue(
                description: TerminalText.short(finding.title), checkName: finding.crashClass.rawValue,
                fingerprint: finding.signature, severity: "critical",
                location: .init(path: place.file, lines: .init(begin: place.line)))
        }
    }

    /// A list of issues.
    public func encode(to encoder: any Encoder) throws { try issues.encode(to: encoder) }
}
