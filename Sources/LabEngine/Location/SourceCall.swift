// SPDX-License-Identifier: Apache-2.0

/// A function and a line in it, as debug information has them.
struct SourceCall: Sendable, Equatable {
    /// The function, nil where that is not known.
    var function: String?
    /// The file, as the compiler named it.
    var file: String
    /// From 1.
    var line: Int

    /// `FILE:LINE` or `FILE:LINE:COLUMN`; nil for `??:0`, which is no place.
    init?(_ place: some StringProtocol, function: String?) {
        var parts = place.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return nil }
        if parts.count >= 3, Int(parts[parts.count - 2]) != nil { parts.removeLast() }
        guard let line = Int(parts.removeLast()), line > 0 else { return nil }
        (self.function, file, self.line) = (function, parts.joined(separator: ":"), line)
    }

    /// What `eu-addr2line --functions --inlines` says about one address, innermost function first: a line with the function,
    /// and one with the place. An inlined one is named as `FUNCTION inlined at PLACE in FUNCTION`.
    static func calls(in output: String) -> [SourceCall] {
        let lines = output.split(separator: "\n")
        return stride(from: 0, to: lines.count - 1, by: 2).compactMap { index in
            let name = lines[index].split(separator: " ").first.map(String.init)
            return SourceCall(lines[index + 1], function: name == "??" ? nil : name)
        }
    }
}
