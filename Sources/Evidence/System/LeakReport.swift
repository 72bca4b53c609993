// SPDX-License-Identifier: Apache-2.0

/// An object that kmemleak thinks nobody points to any more.
///
/// The format is that of `print_unreferenced()` in mm/kmemleak.c:
///
///     unreferenced object 0xffff888101234000 (size 192):
///       comm "pacct-agent", pid 61, jiffies 4294894321
///       hex dump (first 32 bytes):
///         ...
///       backtrace (crc 1234abcd):
///         kmemleak_alloc+0x2d/0x60
///         0xffffffffc0012345
public struct Leak: Sendable, Equatable {
    private static let maxLines = 64

    /// Its lines, as the kernel wrote them.
    public var lines: [String] = []
    /// When it was allocated.
    public var jiffies: UInt64?
    /// Who allocated it, innermost first: `name+offset/size [module]`, or an address where there is no code
    /// any more.
    public var backtrace: [String] = []

    /// Reads a whole report.
    public static func leaks(in report: String) -> [Leak] {
        var leaks: [Leak] = []
        var isInBacktrace = false
        for line in report.split(separator: "\n") {
            if line.hasPrefix("unreferenced object") {
                leaks.append(Leak())
                isInBacktrace = false
            }
            guard !leaks.isEmpty else { continue }
            let last = leaks.count - 1
            if leaks[last].lines.count < maxLines { leaks[last].lines.append(String(line)) }
            let words = line.split(separator: " ")
            if isInBacktrace, let function = words.first {
                leaks[last].backtrace.append(words.joined(separator: " "))
                _ = function
            } else if words.first == "backtrace" {
                isInBacktrace = true
            } else if let place = words.lastIndex(of: "jiffies"), place + 1 < words.count {
                leaks[last].jiffies = UInt64(words[place + 1].prefix { $0.isNumber })
            }
        }
        return leaks
    }

    /// Whether a module allocated it, that is loaded or was at `place`.
    public func names(_ module: String, at place: SystemSnapshot.Module?) -> Bool {
        backtrace.contains { frame in
            if frame.hasSuffix("[\(module)]") { return true }
            guard let place, let address = SystemSnapshot.address(frame) else { return false }
            return place.contains(address)
        }
    }
}
