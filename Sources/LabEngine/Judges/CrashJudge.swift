// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What the kernel's own checks say in its log.
struct CrashJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        let text = evidence.log.lines.joined(separator: "\n")
        return Judgement(findings: CrashClassifier().classify(Array(text.utf8)))
    }
}
