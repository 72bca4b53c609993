// SPDX-License-Identifier: Apache-2.0

/// How fast a suite goes, and how long it will still take.
public struct SuitePace: Sendable {
    /// Runs in all.
    public let cells: Int
    /// Runs that came to their verdict.
    public private(set) var done = 0
    private let began = ContinuousClock.now

    /// Nothing is done yet.
    public init(cells: Int) { self.cells = cells }

    /// A run came to its verdict.
    public mutating func finished() { done += 1 }

    /// From the pace so far; nil before it means anything.
    public var remaining: Duration? { remaining(after: began.duration(to: .now)) }

    func remaining(after elapsed: Duration) -> Duration? {
        guard done >= 2, done < cells else { return nil }
        return elapsed * (Double(cells - done) / Double(done))
    }

    /// As in `45 s` or `3:20 min`.
    public static func text(_ duration: Duration) -> String {
        let seconds = Int(duration / .seconds(1))
        if seconds < 90 { return "\(seconds) s" }
        if seconds < 5400 { return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60) min" }
        return "\(seconds / 3600):\(seconds / 60 % 60 < 10 ? "0" : "")\(seconds / 60 % 60) h"
    }
}
