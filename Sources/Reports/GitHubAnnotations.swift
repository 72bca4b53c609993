// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage

/// Findings as GitHub shows them: on the line of the module, in the change that is looked at. A file outside of the
/// repository has no line there; its place is in the message then.
///
/// The form is that of GitHub's workflow commands, `::error file=F,line=N,title=T::MESSAGE`.
public struct GitHubAnnotations {
    private static let evidenceLines = 30
    private static let lineBytes = 500

    private let report: RunsReport
    private let places: RepositoryPlaces

    /// Annotations for these runs.
    ///
    /// - Parameter places: Knows the repository's root.
    public init(_ report: RunsReport, places: RepositoryPlaces) {
        (self.report, self.places) = (report, places)
    }

    /// One line each. The same finding of several runs is one annotation: GitHub shows ten for each step of a job.
    public var lines: [String] {
        var seen: Set<String> = []
        var lines: [String] = []
        for run in report.runs {
            for finding in run.findings where seen.insert(finding.signature).inserted {
                lines.append(annotation(finding, of: run, runs(with: finding.signature)))
            }
        }
        for run in report.runs where run.verdict == .inconclusive {
            lines.append(
                command(
                    "warning", ["title": "\(run.scenario) on \(run.variant): inconclusive"],
                    TerminalText.cut(run.reason ?? "unknown", bytes: Self.lineBytes)))
        }
        for problem in report.problems ?? [] {
            lines.append(command("warning", ["title": "pacctlab: inconclusive"], problem))
        }
        return lines
    }

    private func runs(with signature: String) -> [RunReport] {
        report.runs.filter { $0.findings.contains { $0.signature == signature } }
    }

    private func annotation(_ finding: Finding, of run: RunReport, _ runs: [RunReport]) -> String {
        var properties = ["title": TerminalText.cut(finding.title, bytes: Self.lineBytes)]
        var message: [String] = []
        if let place = places.place(finding.location, module: run.module.map { FilePath($0) }) {
            if place.isInRepository {
                properties["file"] = place.file
                properties["line"] = "\(place.line)"
            } else {
                message.append("at \(place.file):\(place.line), which is outside of the repository")
            }
        }
        message += finding.rule.map { ["rule: \(TerminalText.cut($0, bytes: Self.lineBytes))"] } ?? []
        message.append(
            "in "
                + runs.prefix(4).map { "\($0.scenario) on \($0.variant), seed \($0.seed)" }.joined(
                    separator: "; ")
                + (runs.count > 4 ? " and \(runs.count - 4) more" : ""))
        message += finding.evidence.prefix(Self.evidenceLines).map {
            TerminalText.cut($0, bytes: Self.lineBytes)
        }
        return command("error", properties, message.joined(separator: "\n"))
    }

    private func command(_ name: String, _ properties: [String: String], _ message: String) -> String {
        let order = ["file", "line", "title"]
        let list = order.compactMap { key in properties[key].map { "\(key)=\(property($0))" } }
        return "::\(name) \(list.joined(separator: ","))::\(data(message))"
    }

    /// Text behind `::`. What a guest wrote must not begin a command of its own.
    private func data(_ text: String) -> String { escaped(text, "%\r\n") }

    private func property(_ text: String) -> String { escaped(text, "%\r\n:,") }

    /// Scalar by scalar: to Swift, CR and LF together are one character, and neither of the two.
    private func escaped(_ text: String, _ special: String) -> String {
        text.unicodeScalars.map { scalar in
            special.unicodeScalars.contains(scalar) ? String(format: "%%%02X", scalar.value) : String(scalar)
        }.joined()
    }
}
