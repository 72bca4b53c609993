// SPDX-License-Identifier: Apache-2.0

import Evidence

/// How the guest ended: anything but the agent's goodbye is a finding, or the lab's own trouble.
struct EndingJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        let crashed = !earlier.isEmpty
        switch evidence.ending {
        case .goodbye:
            return .nothing
        case .panicked:
            return crashed
                ? .nothing
                : finding(
                    .panic, "the kernel panicked, and its log does not say why", evidence.consoleTail)
        case .reset:
            return crashed
                ? .nothing
                : finding(
                    .tripleFault, "the guest was reset: a triple fault, or a reboot that nobody asked for",
                    evidence.consoleTail)
        case .poweredOff:
            return crashed
                ? .nothing
                : finding(
                    .silentHang, "the guest powered off before its plan was done", evidence.consoleTail)
        case .hung(let activity):
            // What the log shows (a lockup report, the stacks that the interrupt brought) explains it.
            return crashed
                ? .nothing
                : finding(.silentHang, "the guest hung during \(activity)", evidence.consoleTail)
        case .flooded(let what):
            return finding(
                .logFlood, "the guest wrote more to \(what) than the lab keeps",
                evidence.consoleTail)
        case .neverBooted:
            return Judgement(
                doubts: crashed
                    ? [] : ["the guest's agent was not heard within the time limit of the boot"])
        case .outOfTime(let activity):
            return Judgement(doubts: ["--timeout was over during \(activity); the guest was still alive"])
        case .channelBroken(let error):
            return Judgement(doubts: ["what came over the channel is not from our agent: \(error)"])
        case .machineDied(let how):
            return Judgement(doubts: ["QEMU ended, and the guest did not do it: \(how)"])
        case .cancelled:
            return Judgement(doubts: ["interrupted"])
        }
    }

    private func finding(_ crashClass: CrashClass, _ title: String, _ evidence: [String]) -> Judgement {
        Judgement(findings: [
            Finding(
                crashClass: crashClass, title: title, signature: "\(crashClass.rawValue)",
                evidence: evidence)
        ])
    }
}
