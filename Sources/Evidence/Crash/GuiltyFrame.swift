// SPDX-License-Identifier: Apache-2.0

/// Finds the function to look at first.
enum GuiltyFrame {
    /// The function in a report of that diagnosis; nil when it needs none, or when the report is torn.
    static func find(in report: Report, _ guilt: Diagnosis.Guilt) -> String? {
        switch guilt {
        case .nobody, .torn: return nil
        case .stack: return first(of: report.frames).map(SystemCall.name)
        case .stackOr(let place):
            if let function = first(of: report.frames) { return SystemCall.name(function) }
            guard !report.hasTrace else { return nil }
            return named(place)
        case .named(let place): return named(place) ?? first(of: report.frames).map(SystemCall.name)
        case .stall: return StallEntry.find(in: report)
        case .hang: return HangReason.find(in: report)
        case .race: return RacingFrames.find(in: report)
        }
    }

    private static func named(_ place: Text) -> String? {
        guard let function = (StackLine.frame(place) ?? SymbolParser.frame(place.trimmed)?.frame)?.function,
            !isInnocent(function)
        else { return nil }
        return SystemCall.name(function)
    }

    /// The first reliable frame that is not innocent.
    static func first(of frames: [StackFrame]) -> String? {
        frames.first { $0.isReliable && !isInnocent($0.function) }?.function
    }

    static func isInnocent(_ function: String) -> Bool {
        InnocentFrames.always.contains(function) || InnocentFrames.scheduling.contains(function)
    }
}

/// System call entries have other names on each architecture and in each version.
enum SystemCall {
    /// Wrappers that leave `sys_name`.
    private static let architectures = ["__x64_", "__ia32_", "__arm64_", "__riscv_", "__s390x_", "__s390_"]
    /// Prefixes in front of the name.
    private static let prefixes = [
        "compat_SyS_", "compat_SYSC_", "SyS_", "SYSC_", "__se_sys_", "__do_sys_", "sys_",
    ]

    /// The name of a function without the parts that depend on architecture and version.
    static func name(_ function: String) -> String {
        for prefix in architectures + prefixes
        where function.hasPrefix(prefix) && function.utf8.count > prefix.utf8.count {
            return String(function.dropFirst(prefix.count))
        }
        return function
    }
}
