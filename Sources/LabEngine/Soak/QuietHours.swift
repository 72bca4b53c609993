// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Times of day at which a campaign begins no runs, by the host's clock and time zone: `08:00-18:30`, or several with
/// commas between them. One that ends before it begins goes on past midnight. Days of the week are a timer's business.
public struct QuietHours: Sendable, Equatable {
    private static let dayMinutes = 24 * 60

    /// Minutes of the day; the second one is the first that is no longer quiet.
    private let spans: [(from: Int, to: Int)]

    /// Reads them; nil when it is not in that form, or leaves no minute of the day.
    public init?(text: String) {
        var spans: [(from: Int, to: Int)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "-", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard words.count == 2, let from = Self.minute(words[0]), let to = Self.minute(words[1]),
                from != to
            else { return nil }
            spans.append((from, to))
        }
        guard !spans.isEmpty else { return nil }
        self.spans = spans
        guard (0..<Self.dayMinutes).contains(where: { !isQuiet(minute: $0) }) else { return nil }
    }

    /// Two are the same when the same minutes are quiet.
    public static func == (first: QuietHours, second: QuietHours) -> Bool {
        (0..<dayMinutes).allSatisfy { first.isQuiet(minute: $0) == second.isQuiet(minute: $0) }
    }

    /// When it is over; nil when it is not quiet now.
    public func end(after now: Date, calendar: Calendar = .current) -> Date? {
        let parts = calendar.dateComponents([.hour, .minute, .second], from: now)
        let minute = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        guard isQuiet(minute: minute) else { return nil }
        let more = (1...Self.dayMinutes).first { !isQuiet(minute: (minute + $0) % Self.dayMinutes) }
        return more.map { now.addingTimeInterval(Double($0 * 60 - (parts.second ?? 0))) }
    }

    func isQuiet(minute: Int) -> Bool {
        spans.contains { span in
            span.from < span.to
                ? (span.from..<span.to).contains(minute) : minute >= span.from || minute < span.to
        }
    }

    private static func minute(_ text: String) -> Int? {
        guard let match = text.wholeMatch(of: /(\d{1,2}):(\d{2})/), let hour = Int(match.1),
            let minute = Int(match.2), minute < 60, hour * 60 + minute <= dayMinutes
        else { return nil }
        return (hour * 60 + minute) % dayMinutes
    }
}
