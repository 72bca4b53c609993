// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What the kernel's own checks say in its log.
struct CrashJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        let findings = classify(evidence.log.lines, evidence)
        guard findings.isEmpty, evidence.ending != .goodbye, let log = evidence.postmortem?.log else {
            return Judgement(findings: findings)
        }
        // What never reached a wire is still in the kernel's own buffer.
        return Judgement(findings: classify(log, evidence))
    }

    private func classify(_ lines: [String], _ evidence: RunEvidence) -> [Finding] {
        CrashClassifier().classify(Array(lines.joined(separator: "\n").utf8))
            .compactMap { Self.named($0, evidence) }
    }

    /// A guest that hangs without a word is made to panic by a non-maskable interrupt, so that its stacks are seen.
    /// Then the hang is what was found, and the panic the lab's own doing. One that has not booted in time is made to
    /// panic, too, and then nothing was found.
    private static func named(_ finding: Finding, _ evidence: RunEvidence) -> Finding? {
        if evidence.ending == .neverBooted, finding.crashClass == .panic, finding.title.hasPrefix(provoked) {
            return nil
        }
        guard case .hung(let activity) = evidence.ending, finding.crashClass == .panic,
            finding.title.hasPrefix(provoked)
        else { return finding }
        var hang = Finding(
            crashClass: .silentHang, title: "the guest hung during \(activity)", function: finding.function,
            evidence: finding.evidence, consequences: finding.consequences, frames: finding.frames)
        hang.add(StuckTask.find(in: evidence), of: evidence.moduleUnderTest)
        return hang
    }

    /// `nmi_panic()` in arch/x86/kernel/nmi.c, for an interrupt that nobody has a reason for.
    private static let provoked = "kernel panic: NMI: Not continuing"
}
