// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Reports

/// Numbers and times as pages have them.
enum Format {
    /// A moment, to the second, UTC.
    static func time(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(
            .iso8601.year().month().day().dateSeparator(.dash).dateTimeSeparator(.space).time(
                includingFractionalSeconds: false
            )
            .timeSeparator(.colon))
    }

    /// A whole number with its thousands apart by a narrow space.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var parts: [Substring] = []
        var rest = digits[...]
        while !rest.isEmpty {
            parts.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return (number < 0 ? "−" : "") + parts.joined(separator: "\u{202F}")
    }

    /// So many runs.
    static func runs(_ number: Int) -> String { count(number) + (number == 1 ? " run" : " runs") }

    /// A mean: whole from a hundred on, else three digits.
    static func mean(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        // Beyond that a whole number is none that anybody reads, and at some point none that there is.
        guard value.magnitude >= 100, value.magnitude < 1e15 else { return String(format: "%.3g", value) }
        return count(Int(value.rounded()))
    }

    /// A difference, with its sign.
    static func change(_ value: Double) -> String {
        (value > 0 ? "+" : "") + mean(value).replacing("-", with: "−")
    }

    /// A share of 1.
    static func percent(_ share: Double) -> String { ExploreText.percent(share) }

    /// The beginning of a module's key: enough to tell versions apart.
    static func version(_ key: String) -> String {
        if key.isEmpty { return "unknown" }
        return key.count > 20 && key.allSatisfy(\.isHexDigit) ? String(key.prefix(12)) : key
    }
}

/// An interval on a scale, as a picture: the span, a stroke at its middle, and one at a target.
struct RangePlot {
    /// Units of the picture, which is stretched to its place.
    private static let width = 200.0

    var x: String
    var width: String
    var mid: String
    /// Where the target is.
    var goal: String?
    var label: String

    init(
        low: Double, mid: Double, high: Double, target: Double? = nil, scale: ClosedRange<Double>,
        label: String
    ) {
        let length = max(scale.upperBound - scale.lowerBound, .leastNonzeroMagnitude)
        func place(_ value: Double) -> Double {
            min(max((value - scale.lowerBound) / length, 0), 1) * (Self.width - 2)
        }
        x = Self.text(place(low))
        width = Self.text(max(1, place(high) - place(low)))
        self.mid = Self.text(place(mid))
        goal = target.map { Self.text(place($0)) }
        self.label = label
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

    /// Its picture, as a part of other templates.
    static let template = "range"
    static let html = #"""
        <svg viewBox="0 0 200 14" preserveAspectRatio="none" role="img" aria-label="{{label}}"><rect class="span" x="{{x}}" y="3" width="{{width}}" height="8" rx="1"/><rect class="mid" x="{{mid}}" y="1" width="2" height="12"/>{{#goal}}<rect class="target" x="{{.}}" y="0" width="1" height="14"/>{{/goal}}</svg>
        """#
}
