// SPDX-License-Identifier: Apache-2.0

import Evidence

/// Where a replay in a debugger stops first.
public enum ReplayMoment: Sendable, Equatable {
    /// Before the guest has done anything of its job.
    case start
    /// At this function, of the kernel or of a module.
    case symbol(String)
    /// At the first timer interrupt that was due at this time of the guest's clock, or after it.
    case time(Duration)
    /// Before the instruction that went wrong, or where the kernel begins to report, when no instruction is known.
    case crash(CrashPlace?)
}

/// An instruction, as the kernel names it: `function+0x12/0x34`.
public struct CrashPlace: Sendable, Codable, Equatable {
    /// The function's symbol.
    public var symbol: String
    /// From its beginning, bytes.
    public var offset: UInt64

    /// The instruction that a finding's report names; nil when it names none, as most reports that are not about an
    /// exception.
    public init?(of finding: Finding) {
        for line in finding.evidence {
            // 0x10 is the kernel's code segment: what user programs do is not the crash.
            guard let match = line.firstMatch(of: /RIP: 0010:([A-Za-z_][A-Za-z0-9_.]*)\+0x([0-9a-f]+)\//),
                let offset = UInt64(match.output.2, radix: 16)
            else { continue }
            symbol = String(match.output.1)
            self.offset = offset
            return
        }
        return nil
    }
}

extension PastRun {
    /// Where to stop when nobody says: before the crash, or at the beginning of a run that had none.
    public var momentOfInterest: ReplayMoment {
        guard let finding = report.findings.first, finding.crashClass.isOfKernel else { return .start }
        return .crash(CrashPlace(of: finding))
    }
}

extension CrashClass {
    /// Whether the kernel itself reports it, and so passes one of the functions that do.
    var isOfKernel: Bool {
        switch self {
        case .silentHang, .tripleFault, .guestOutOfMemory, .logFlood, .moduleRefused, .unloadStuck,
            .stepFailed, .buildFailed, .missingSymbol, .energyWrong, .energyNotConserved, .recordsMissing,
            .recordsWrong, .recordsLost, .residue, .growth, .harness, .reboot, .memoryLeak:
            false
        default: true
        }
    }
}
