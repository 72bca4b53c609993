// SPDX-License-Identifier: Apache-2.0

/// When a campaign is to begin by itself, for those who keep calendars: systemd and cron.
public struct SoakSchedule: Sendable, Equatable {
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// Hour and minute of the host's time zone.
    public let hour: Int
    /// See ``hour``.
    public let minute: Int
    /// The first day of the week, 0 for Monday; nil: every day.
    public let days: ClosedRange<Int>?

    /// Reads `20:30` and `Mon..Fri`, or `Sat`; nil when it is not in that form.
    public init?(time: String, days: String?) {
        guard let match = time.wholeMatch(of: /(\d{1,2}):(\d{2})/), let hour = Int(match.1),
            let minute = Int(match.2), hour < 24, minute < 60
        else { return nil }
        (self.hour, self.minute) = (hour, minute)
        guard let days else {
            self.days = nil
            return
        }
        let places = days.replacing("..", with: " ").split(separator: " ").map { word in
            Self.days.firstIndex { $0.lowercased() == word.lowercased() }
        }
        guard (1...2).contains(places.count), let first = places[0], let last = places[places.count - 1],
            first <= last
        else { return nil }
        self.days = first...last
    }

    /// As systemd.time(7) writes it.
    public var onCalendar: String {
        let days = days.map { days in
            (days.count == 1
                ? Self.days[days.lowerBound] : "\(Self.days[days.lowerBound])..\(Self.days[days.upperBound])")
                + " "
        }
        return "\(days ?? "")*-*-* \(Self.two(hour)):\(Self.two(minute)):00"
    }

    /// The five fields of crontab(5); Sunday is 7.
    public var cron: String {
        let days = days.map { days in
            days.count == 1 ? "\(days.lowerBound + 1)" : "\(days.lowerBound + 1)-\(days.upperBound + 1)"
        }
        return "\(minute) \(hour) * * \(days ?? "*")"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Units of systemd, and a line for cron, that run a command by a schedule.
public struct SoakUnits: Sendable {
    /// Their name, without `.service` and `.timer`.
    public let name: String
    private let description: String
    private let command: [String]
    private let directory: String
    private let limits: [String]

    /// - Parameters:
    ///   - limits: What systemd is told of resources, as in `CPUWeight=20`.
    public init(
        name: String, description: String, command: [String], directory: String, limits: [String]
    ) {
        (self.name, self.description, self.command) = (name, description, command)
        (self.directory, self.limits) = (directory, limits)
    }

    /// The service. A campaign that was cut off goes on; one that has found something has done its work.
    public func service(niceness: Int) -> String {
        """
        [Unit]
        Description=\(Self.escaped(description))

        [Service]
        Type=exec
        WorkingDirectory=\(Self.escaped(directory))
        ExecStart=\(command.map(Self.quoted).joined(separator: " "))
        SuccessExitStatus=1 3
        Restart=on-abnormal
        RestartSec=60
        KillSignal=SIGINT
        TimeoutStopSec=180
        Nice=\(niceness)
        IOSchedulingClass=idle
        \(limits.joined(separator: "\n"))

        """
    }

    /// The timer. What it missed while the machine was off it makes up for.
    public func timer(_ onCalendar: String) -> String {
        """
        [Unit]
        Description=\(Self.escaped(description))

        [Timer]
        OnCalendar=\(onCalendar)
        Persistent=true

        [Install]
        WantedBy=timers.target

        """
    }

    /// The line for cron, which has neither limits nor memory.
    public func cronLine(_ schedule: SoakSchedule, niceness: Int) -> String {
        let words = command.map { word in
            // To cron, a percent sign ends the command.
            "'" + word.replacing("'", with: "'\\''").replacing("%", with: "\\%") + "'"
        }
        return "\(schedule.cron) cd '\(directory)' && nice -n \(niceness) ionice -c idle "
            + words.joined(separator: " ")
    }

    /// As systemd.syntax(7) and systemd.service(5) want a word of a command.
    private static func quoted(_ word: String) -> String {
        let plain = word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
            "$", with: "$$")
        return "\"\(escaped(plain))\""
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("%", with: "%%").filter { !$0.isNewline }
    }
}
