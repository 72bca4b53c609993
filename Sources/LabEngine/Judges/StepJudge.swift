// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract

/// Every step of the plan must have passed.
struct StepJudge: Judge {
    /// Lines of the log before the end of a failed step that go with the finding.
    private static let context = 12

    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        // After a crash the steps' failures are its consequences.
        guard earlier.isEmpty else { return .nothing }
        var judgement = Judgement()
        for (index, step) in evidence.plan.steps.enumerated() {
            guard let result = evidence.steps[index] else {
                if evidence.ending == .goodbye {
                    judgement.doubts.append("step \"\(step.name)\" was not reported")
                }
                continue
            }
            switch result.status {
            case .passed, .skipped: break
            case .unavailable:
                judgement.doubts.append("step \"\(step.name)\": \(result.message)")
            case .failed where isUnloadOfNothing(step, result, evidence): break
            case .failed, .timedOut:
                if memberExplains(index, evidence) { break }
                judgement.findings.append(finding(step, result, evidence))
            }
        }
        if let reason = groundlessSkip(evidence) { judgement.doubts.append(reason) }
        return judgement
    }

    /// A step is skipped since one before it failed. When none did, something that was promised was not done.
    private func groundlessSkip(_ evidence: RunEvidence) -> String? {
        let statuses = evidence.steps.values.map(\.status)
        guard
            let index = evidence.plan.steps.indices.first(where: { evidence.steps[$0]?.status == .skipped }),
            statuses.allSatisfy({ $0 == .passed || $0 == .skipped })
        else { return nil }
        return "step \"\(evidence.plan.steps[index].name)\" was skipped, though no step had failed"
    }

    /// A group fails because a step inside did: that one is the finding, or the doubt.
    private func memberExplains(_ group: Int, _ evidence: RunEvidence) -> Bool {
        evidence.plan.inside(group).contains { index in
            switch evidence.steps[index]?.status {
            case .failed, .timedOut, .unavailable: true
            case .passed, .skipped, nil: false
            }
        }
    }

    private func finding(
        _ step: JobPlan.Step, _ result: GuestEvent.StepResult, _ evidence: RunEvidence
    ) -> Finding {
        let reason = result.message.isEmpty ? "failed" : result.message
        let crashClass: CrashClass
        let title: String
        switch step.action {
        case .load:
            crashClass = .moduleRefused
            title = "\(step.name): the module refused to load: \(reason)"
        case .unload where result.status == .timedOut:
            crashClass = .unloadStuck
            title = "\(step.name): the unload did not end: \(reason)"
        default:
            crashClass = .stepFailed
            title = "\(step.name): \(reason)"
        }
        var finding = Finding(
            crashClass: crashClass, title: title,
            signature: "\(crashClass.rawValue) \(step.name) \(result.errno)",
            evidence: lines(of: step, evidence))
        if result.status == .timedOut, result.signal == 0 {
            // No signal ended its process: it sits in the kernel, and the agent has asked where.
            finding.add(StuckTask.find(in: evidence), of: evidence.moduleUnderTest)
        }
        return finding
    }

    /// Whether a module was to be unloaded whose loading had failed: that is said already.
    private func isUnloadOfNothing(
        _ step: JobPlan.Step, _ result: GuestEvent.StepResult, _ evidence: RunEvidence
    ) -> Bool {
        guard case .unload(let name) = step.action, result.errno == Self.noEntry else { return false }
        return evidence.plan.steps.enumerated().contains { index, other in
            guard case .load = other.action, module(of: other) == name else { return false }
            return evidence.steps[index]?.status == .failed
        }
    }

    /// ENOENT, by the guest's kernel.
    private static let noEntry: Int32 = 2

    /// Lines of the log that name the module of the step, or its last ones.
    private func lines(of step: JobPlan.Step, _ evidence: RunEvidence) -> [String] {
        let lines = evidence.log.lines
        if let module = module(of: step) {
            let about = lines.filter { $0.contains(module) }
            if !about.isEmpty { return about.suffix(Self.context) }
        }
        return lines.suffix(Self.context)
    }

    private func module(of step: JobPlan.Step) -> String? {
        switch step.action {
        case .load(let path, _): path.split(separator: "/").last.map { String($0.dropLast(".ko".count)) }
        case .unload(let name): name
        default: nil
        }
    }
}
