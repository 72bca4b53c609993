// SPDX-License-Identifier: Apache-2.0

/// Seeds as people name them: `1..500`, `7`, or several of these with commas between them.
public struct SeedSet: Sendable, Equatable, CustomStringConvertible {
    /// Most seeds that one campaign can have.
    public static let limit = 1_000_000

    /// In rising order; no two touch each other.
    public let ranges: [ClosedRange<UInt64>]

    /// One seed.
    public init(_ seed: UInt64) { ranges = [seed...seed] }

    /// Reads the text; nil when it is not in that form, empty, or more than ``limit`` seeds.
    public init?(text: String) {
        var found: [ClosedRange<UInt64>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let range = Self.range(part) else { return nil }
            found.append(range)
        }
        var merged: [ClosedRange<UInt64>] = []
        for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last,
                range.lowerBound <= last.upperBound
                    || range.lowerBound - last.upperBound == 1
            {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        var count: UInt64 = 0
        for range in merged {
            let (sum, overflow) = count.addingReportingOverflow(range.upperBound - range.lowerBound)
            guard !overflow, sum < UInt64(Self.limit) else { return nil }
            count = sum + 1
        }
        guard count > 0, count <= UInt64(Self.limit) else { return nil }
        ranges = merged
    }

    private static func range(_ part: Substring) -> ClosedRange<UInt64>? {
        let text = part.filter { $0 != " " }
        guard let dots = text.firstRange(of: "..") else { return UInt64(text).map { $0...$0 } }
        guard let low = UInt64(text[..<dots.lowerBound]), let high = UInt64(text[dots.upperBound...]),
            low <= high
        else { return nil }
        return low...high
    }

    /// How many there are.
    public var count: Int { ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 } }

    /// In rising order.
    public var seeds: [UInt64] { ranges.flatMap { Array($0) } }

    /// As it could be typed.
    public var description: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)" }
            .joined(separator: ",")
    }
}
