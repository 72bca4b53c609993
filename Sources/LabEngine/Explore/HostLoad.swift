// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What others do with the host's processors. What runs here for a campaign is nice, and the kernel counts the time of
/// nice processes by itself (/proc/stat, proc(5)): the rest of user time is somebody who works on the machine.
public struct HostLoad: Sendable, Equatable {
    /// Clock ticks of all processors since boot.
    struct Reading: Sendable, Equatable {
        /// In processes that are not nice, and in other machines on the same host.
        var others: UInt64
        /// In all.
        var total: UInt64
        /// Processors.
        var cores: Int

        /// Reads the text of /proc/stat; nil when it is not in that form.
        init?(_ text: String) {
            let lines = text.split(separator: "\n")
            guard let first = lines.first, first.hasPrefix("cpu ") else { return nil }
            // user nice system idle iowait irq softirq steal; what guests take is in the first two once more.
            let times = first.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
            guard times.count == 8 else { return nil }
            others = times[0] + times[7]
            total = times.reduce(0, +)
            cores = lines.count { $0.hasPrefix("cpu") } - 1
        }
    }

    private static let interval = Duration.seconds(2)

    private var last: Reading?
    private var time: ContinuousClock.Instant?
    /// Processors that others keep busy.
    public private(set) var busy = 0.0

    /// Knows nothing yet.
    public init() {}

    /// Looks again, unless that was a moment ago.
    public mutating func update(now: ContinuousClock.Instant = .now) {
        if let time, time.duration(to: now) < Self.interval { return }
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return }
        time = now
        take(Reading(text))
    }

    mutating func take(_ reading: Reading?) {
        defer { last = reading ?? last }
        guard let reading, let last, reading.total > last.total, reading.others >= last.others else { return }
        busy =
            Double(reading.others - last.others) / Double(reading.total - last.total) * Double(reading.cores)
    }

    /// Processors that are left for guests: never fewer than one, which gives way by being nice.
    public func left(of cores: Int) -> Int { max(1, cores - Int(busy.rounded())) }
}
