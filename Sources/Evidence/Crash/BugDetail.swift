// SPDX-License-Identifier: Apache-2.0

/// What tells two bugs apart that have the same title and function, and is the same in each boot.
enum BugDetail {
    static func of(_ report: Report, _ diagnosis: Diagnosis, function: String?) -> String? {
        switch diagnosis.crashClass {
        case .lockdep: diagnosis.detail ?? callee(of: function, in: report)
        case .warning, .refcount: message(report) ?? callee(of: function, in: report)
        case .atomicContext, .kernelBug: callee(of: function, in: report)
        // A stall is found wherever the loop happens to be; the others have all they need in the title.
        default: diagnosis.detail
        }
    }

    /// What `WARN()` said, between `[ cut here ]` and the header.
    private static func message(_ report: Report) -> String? {
        let texts = report.preamble.map(\.text.trimmed).filter {
            !$0.isEmpty && !$0.has("[ cut here ]") && !$0.has("======")
        }
        return texts.first.map { GenericTitle.of($0) }
    }

    /// What the guilty function called: a function that sleeps, for example. None when that is only what
    /// prints the report.
    private static func callee(of function: String?, in report: Report) -> String? {
        let frames = report.frames.filter(\.isReliable).map(\.function)
        guard let function, let place = frames.firstIndex(where: { SystemCall.name($0) == function }),
            place > 0
        else {
            return nil
        }
        let callee = frames[place - 1]
        return InnocentFrames.printing.contains(callee) || callee == frames[place] ? nil : callee
    }
}
