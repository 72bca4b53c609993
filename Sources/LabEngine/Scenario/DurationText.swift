// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// Reads `250ms`, `3s`, `2m` or `1h`; a number without a unit is nil: nobody knows what it means.
    public init?(text: String) {
        let units: [(suffix: String, unit: Duration)] = [
            ("us", .microseconds(1)), ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)),
            ("h", .seconds(3600)),
        ]
        for (suffix, unit) in units where text.hasSuffix(suffix) {
            guard let number = Double(text.dropLast(suffix.count)), number >= 0, number < 1e9 else {
                continue
            }
            self = unit * number
            return
        }
        return nil
    }

    /// As people write it: the largest unit that leaves no fraction; what ``init(text:)`` reads back, to the nanosecond.
    public var text: String {
        let units: [(suffix: String, nanoseconds: UInt64)] = [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
            ("us", 1_000),
        ]
        for unit in units
        where nanoseconds >= unit.nanoseconds && nanoseconds.isMultiple(of: unit.nanoseconds) {
            return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
        }
        return "\(Double(nanoseconds) / 1000)us"
    }

    /// Whole nanoseconds, clamped to what 64 bits hold.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + UInt64(attoseconds / 1_000_000_000)
    }

    /// Seconds, for people and for JSON.
    public var inSeconds: Double { self / .seconds(1) }
}
