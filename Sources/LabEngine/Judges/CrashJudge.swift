// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What the kernel's own checks say in its log.
struct CrashJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        let findings = classify(evidence.log.lines)
        guard findings.isEmpty, evidence.ending != .goodbye, let log = evidence.postmortem?.log else {
            return Judgement(findings: findings)
        }
        // What never reached a wire is still in the kernel's own buffer.
        return Judgement(findings: classify(log))
    }

    private func classify(_ lines: [String]) -> [Finding] {
        CrashClassifier().classify(Array(lines.joined(separator: "\n").utf8))
    }
}
