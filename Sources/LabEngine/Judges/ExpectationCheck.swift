// SPDX-License-Identifier: Apache-2.0

import Evidence

/// Holds what was found against the finding that the scenario expects.
struct ExpectationCheck: Equatable {
    /// Findings that make the run fail.
    private(set) var findings: [Finding]
    /// The one that was expected and is there; none when nothing was expected.
    private(set) var expected: [Finding] = []
    /// What was not judged because of it.
    private(set) var notes: [String] = []

    /// - Parameter isDead: Whether the guest did not live to its agent's goodbye.
    init(_ expectation: ExpectedFinding?, findings: [Finding], isDead: Bool) {
        self.findings = findings
        guard let expectation else { return }
        guard let place = findings.firstIndex(where: { expectation.matches($0) }) else {
            self.findings.append(
                Finding(
                    crashClass: .expectationMissed,
                    title: "what the scenario expects was not found: \(expectation.text)",
                    signature: "\(CrashClass.expectationMissed.rawValue) finding \(expectation.text)"))
            return
        }
        expected = [self.findings.remove(at: place)]
        if isDead {
            notes = ["the guest did not live on: what is judged at the end of a run was not judged"]
        } else if Self.explains(expected[0].crashClass) {
            notes = [
                "failed steps and missing records may be consequences of what was expected: they were not judged"
            ]
        }
    }

    /// Whether a finding is one that the scenario expects, and explains nothing of what is found after it.
    static func isHarmless(_ finding: Finding, _ expectation: ExpectedFinding?) -> Bool {
        guard var expectation, !explains(finding.crashClass) else { return false }
        // Not known yet.
        expectation.place = nil
        return expectation.matches(finding)
    }

    /// Whether the judges of steps and records take a finding of that class for the cause of what they see: it comes
    /// from the kernel's log.
    private static func explains(_ crashClass: CrashClass) -> Bool {
        switch crashClass {
        case .silentHang, .tripleFault, .guestOutOfMemory, .logFlood, .moduleRefused, .unloadStuck,
            .stepFailed,
            .buildFailed, .missingSymbol, .energyWrong, .energyNotConserved, .recordsMissing, .recordsWrong,
            .recordsLost, .residue, .growth, .expectationMissed:
            false
        default: true
        }
    }
}
