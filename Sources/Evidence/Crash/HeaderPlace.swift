// SPDX-License-Identifier: Apache-2.0

/// Tells a header from words that merely look like one: a message may quote the name of a task, a file or a
/// command line, and anybody can name a task `BUG: x`. The kernel's headers begin their lines, but for a
/// few labels.
enum HeaderPlace {
    /// Whether a header may follow this text in its line.
    static func isPlausible(after before: Text) -> Bool {
        let text = before.trimmed
        if text.isEmpty { return true }
        // Another message that this one ran into.
        if let last = before.last, !last.isBlank, !quotes.contains(last) { return true }
        if labels.contains(where: { text.has(suffix: $0) })
            || openings.contains(where: { text.has(prefix: $0) })
        {
            return true
        }
        return text.allSatisfy { $0.isDigit || $0.isBlank || "/:.-".utf8.contains($0) }
    }

    /// What stands before words that are not the kernel's own.
    private static let quotes = Array("\"'`=(<".utf8)

    /// What may stand right before a header.
    private static let labels: [StaticString] = [
        "rcu:", "watchdog:", "Oops:", "traps:", "kernel:", "segment-related", "Oops -",
    ]

    /// What a line may begin with when the telling words come later in it.
    private static let openings: [StaticString] = ["WARNING:", "BUG:", "INFO:", "[", "CPU", "watchdog:"]
}
