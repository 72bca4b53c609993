// SPDX-License-Identifier: Apache-2.0

/// A kind of report: the words that give it away, and what to make of it.
struct ReportRule: Sendable {
    /// Makes a diagnosis of a report whose header has the marker, given the text from the marker on. Nil
    /// when it is something harmless that happens to have these words.
    typealias Diagnose = @Sendable (_ report: Report, _ header: Text) -> Diagnosis?

    /// Stands in the header line.
    let marker: StaticString
    /// Whether it is a part of another report, and only a report of its own when the other one was lost.
    let isEcho: Bool
    /// Whether the marker may stand anywhere in its line.
    let isAnywhere: Bool
    let diagnose: Diagnose

    init(
        _ marker: StaticString, isEcho: Bool = false, isAnywhere: Bool = false,
        _ diagnose: @escaping Diagnose
    ) {
        self.marker = marker
        self.isAnywhere = isAnywhere
        self.isEcho = isEcho
        self.diagnose = diagnose
    }

    /// A rule that always makes the same of it.
    init(
        _ marker: StaticString, _ crashClass: CrashClass, _ title: String, _ guilt: Diagnosis.Guilt,
        isEcho: Bool = false
    ) {
        self.init(marker, isEcho: isEcho) { _, _ in
            Diagnosis(crashClass: crashClass, title: title, guilt: guilt)
        }
    }

    /// The diagnosis of a report whose header has the marker at `position` of the log; nil when it is
    /// harmless.
    func diagnosis(of report: Report, at position: Int) -> Diagnosis? {
        let text = report.header.text
        guard text.indices.contains(position),
            isAnywhere || HeaderPlace.isPlausible(after: text[..<position])
        else { return nil }
        return diagnose(report, text[position...])
    }

    /// Every kind of report, special ones before general ones: the first that fits a line is taken.
    static let all =
        SanitizerRules.all + LockRules.all + StallRules.all + FaultRules.all + LabRules.all
        + AssertionRules.all
}
