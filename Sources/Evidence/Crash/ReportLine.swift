// SPDX-License-Identifier: Apache-2.0

/// One printk line of a log. A physical line has several when two CPUs, or a program and the kernel, wrote
/// over each other without a newline between.
struct ReportLine {
    /// Time stamp, microseconds since boot.
    var timeUs: UInt64?
    /// Who printed it, with CONFIG_PRINTK_CALLER.
    var caller: Text?
    /// What follows the prefix.
    var text: Text
    /// Where the text starts in the log.
    var start: Int { text.startIndex }

    /// Whether it has the prefix that printk writes.
    var isFromKernel: Bool { timeUs != nil }

    /// The printk lines of one physical line.
    static func split(_ line: Text) -> [ReportLine] {
        var lines: [ReportLine] = []
        var rest = line
        var searched = line.startIndex
        while let bracket = rest[searched...].firstIndex(of: UInt8(ascii: "[")) {
            let prefix = LinePrefix(line[bracket...])
            guard prefix.timeUs != nil else {
                searched = bracket + 1
                continue
            }
            let before = rest[..<bracket]
            if !before.isEmpty {
                if lines.isEmpty {
                    lines.append(ReportLine(timeUs: nil, caller: nil, text: before))
                } else {
                    lines[lines.count - 1].text = before
                }
            }
            lines.append(ReportLine(timeUs: prefix.timeUs, caller: prefix.caller, text: line[prefix.end...]))
            rest = line[prefix.end...]
            searched = prefix.end
        }
        if lines.isEmpty {
            lines.append(ReportLine(timeUs: nil, caller: nil, text: withoutOtherPrefix(line)))
        }
        return lines
    }

    /// Without what other programs write before a line: `dmesg -T` a date, `[Tue Nov 24 14:36:33 2026] `, and
    /// a system log `Nov 24 14:36:33 host kernel: `.
    private static func withoutOtherPrefix(_ line: Text) -> Text {
        if line.first == UInt8(ascii: "["), let end = line.prefix(30).firstIndex(of: UInt8(ascii: "]")),
            end - line.startIndex == 25, line[..<end].filter({ $0 == UInt8(ascii: ":") }).count == 2
        {
            return line[(end + 1)...].dropping(prefix: " ") ?? line[(end + 1)...]
        }
        if let place = line.prefix(100).range(of: " kernel: "), line.first?.isLetter == true {
            return line[place.upperBound...]
        }
        return line[LinePrefix(line).end...]
    }

    /// How it is shown to people.
    var printed: String {
        let text = ConsoleLine(self.text).text
        guard let timeUs else { return text }
        return ConsoleLine.print(timeUs: timeUs, caller: caller?.string, text: text)
    }
}
