// SPDX-License-Identifier: Apache-2.0

/// Prefers a module that is not part of the kernel as the guilty one.
///
/// The kernel's own functions have been run by millions; a module in development has not. So when such a
/// module is on the stack, its innermost function is where to look first, however deep in the kernel the
/// damage showed.
enum GuiltyModule {
    static func function(in report: Report, _ diagnosis: Diagnosis) -> String? {
        switch diagnosis.guilt {
        case .torn, .race, .function: return nil
        // Nobody needs to be guilty of it, but a module that calls panic() is.
        case .nobody: guard diagnosis.crashClass == .panic else { return nil }
        default: break
        }
        guard isTainted(report) else { return nil }
        return report.frames.first { $0.isReliable && $0.module != nil }?.function
    }

    /// Whether a module from outside the kernel's tree was loaded: flag `O` in
    /// `CPU: 0 PID: 12 Comm: name Tainted: G           O        6.18.5 #1`.
    private static func isTainted(_ report: Report) -> Bool {
        for line in report.lines.prefix(report.bodyEnd) {
            guard let flags = line.text.after(" Tainted: ") else { continue }
            return flags.prefix { $0.isBlank || ($0.isLetter && $0 < UInt8(ascii: "a")) }.contains(
                UInt8(ascii: "O"))
        }
        return false
    }
}
