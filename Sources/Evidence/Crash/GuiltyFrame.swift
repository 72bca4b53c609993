// SPDX-License-Identifier: Apache-2.0

/// Finds the function to look at first.
enum GuiltyFrame {
    /// The function in a report of that diagnosis; nil when it needs none, or when the report is torn.
    static func find(in report: Report, _ guilt: Diagnosis.Guilt) -> String? {
        switch guilt {
        case .nobody, .torn: nil
        case .stack: first(of: report.frames).map(SystemCall.name)
        case .named(let place): named(place, in: report)
        case .checked(let place): report.hasTrace ? named(place, in: report) : nil
        case .locked(let place): locked(place) ?? first(of: report.frames).map(SystemCall.name)
        case .function(let name):
            SystemCall.name(SymbolParser.function(of: SymbolParser.symbol(name.trimmed)))
        case .stackAt(let line):
            first(of: report.lines.dropFirst(line + 1).prefix(40).compactMap { StackLine.frame($0.text) })
                .map(SystemCall.name)
        case .stall: StallEntry.find(in: report)
        case .interrupted: StallEntry.find(in: report, isInterrupted: true)
        case .hang: HangReason.find(in: report)
        case .race(let names): RacingFrames.find(in: report, named: names).first
        }
    }

    /// The function at `place`. When it is innocent, somebody it was called from: the stack is read from
    /// that function on, so that lines of others that got in between before it do no harm.
    private static func named(_ place: Text, in report: Report) -> String? {
        var frames = report.frames[...]
        if let function = StackLine.frame(place)?.function {
            if !isInnocent(function) { return SystemCall.name(function) }
            if let start = frames.firstIndex(where: { $0.isReliable && $0.function == function }) {
                frames = frames[start...]
            }
        }
        return first(of: frames).map(SystemCall.name)
    }

    private static func locked(_ place: Text) -> String? {
        guard let function = StackLine.frame(place)?.function, !InnocentFrames.locking.contains(function)
        else {
            return nil
        }
        return SystemCall.name(function)
    }

    /// The first reliable frame that is not innocent.
    static func first(of frames: some Sequence<StackFrame>) -> String? {
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

    static func isEntry(_ function: String) -> Bool {
        (architectures + prefixes).contains { function.hasPrefix($0) }
    }

    /// The name of a function without the parts that depend on architecture and version.
    static func name(_ function: String) -> String {
        for prefix in architectures + prefixes
        where function.hasPrefix(prefix) && function.utf8.count > prefix.utf8.count {
            return String(function.dropFirst(prefix.count))
        }
        return function
    }
}
