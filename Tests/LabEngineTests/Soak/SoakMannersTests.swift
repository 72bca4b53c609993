// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import RunStore
import Synchronization
import Testing

@testable import LabEngine

@Suite("A campaign and the people around it")
struct SoakMannersTests {
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    private func end(_ hours: String, at time: String) throws -> Double? {
        let now = try Date("2026-11-25T\(time)Z", strategy: .iso8601)
        let end = try #require(QuietHours(text: hours)).end(after: now, calendar: Self.calendar)
        return end.map { $0.timeIntervalSince(now) / 60 }
    }

    @Test("Quiet hours begin and end to the minute, also past midnight, and several at once")
    func quiet() throws {
        #expect(try end("08:00-18:00", at: "07:59:59") == nil)
        #expect(try end("08:00-18:00", at: "08:00:00") == 600)
        #expect(try end("08:00-18:00", at: "17:59:30") == 0.5)
        #expect(try end("08:00-18:00", at: "18:00:00") == nil)
        #expect(try end("22:00-06:30", at: "23:30:00") == 420)
        #expect(try end("22:00-06:30", at: "06:30:00") == nil)
        #expect(try end("08:00-12:00, 12:00-13:00,20:00-24:00", at: "11:00:00") == 120)
        #expect(try end("20:00-24:00", at: "23:59:00") == 1)
    }

    @Test(
        "Hours that are none, or leave no time at all, are refused",
        arguments: [
            "", "8-18", "08:00", "25:00-26:00", "08:00-08:00", "00:00-24:00", "00:00-12:00,12:00-24:00",
            "a-b",
        ])
    func noHours(text: String) { #expect(QuietHours(text: text) == nil) }

    @Test("While it is paused, or quiet, no run is begun; its time goes on all the same")
    func rest() throws {
        var campaign = StoredCampaign(id: "c", name: "n", plan: "", planFile: "", module: "", directory: "")
        let now = Date.now
        #expect(SoakBooks.rest(campaign, now: now) == nil)
        campaign.quietHours = "00:00-23:59"
        let minute = Calendar.current.dateComponents([.hour, .minute], from: now)
        if minute.hour != 23 || minute.minute != 59 {
            guard case .quiet = SoakBooks.rest(campaign, now: now) else {
                Issue.record("it is not quiet")
                return
            }
        }
        campaign.state = .paused
        #expect(SoakBooks.rest(campaign, now: now) == .paused)
    }

    @Test("What others do with the processors is what is not nice")
    func load() throws {
        func reading(user: Int, nice: Int, idle: Int) -> HostLoad.Reading? {
            HostLoad.Reading(
                "cpu  \(user) \(nice) 0 \(idle) 0 0 0 0 0 0\ncpu0 0 0 0 0\ncpu1 0 0 0 0\ncpu2 0 0 0 0\ncpu3 0 0 0 0\nintr 1 2\n"
            )
        }
        var load = HostLoad()
        #expect(load.left(of: 4) == 4)
        load.take(reading(user: 100, nice: 0, idle: 0))
        load.take(reading(user: 100, nice: 400, idle: 0))
        #expect(load.left(of: 4) == 4, "our own guests are nice")
        load.take(reading(user: 300, nice: 600, idle: 0))
        #expect(load.left(of: 4) == 2)
        load.take(reading(user: 700, nice: 600, idle: 0))
        #expect(load.left(of: 4) == 1, "one guest goes on, and gives way")
        #expect(HostLoad.Reading("no such file") == nil)
        var slots = GuestSlots(capacity: HostCapacity(cores: 4, freeMiB: 64_000))
        let need = GuestSlots.Need(cpus: 2, memoryMiB: 512, accelerator: .tcg)
        slots.coresLeft = 2
        let taken = (0..<4).count { _ in slots.take(need, freeMiB: 64_000) }
        #expect(taken == 2)
    }

    @Test("A schedule says the same to systemd and to cron")
    func schedule() throws {
        let nights = try #require(SoakSchedule(time: "20:05", days: "mon..Fri"))
        #expect(nights.onCalendar == "Mon..Fri *-*-* 20:05:00" && nights.cron == "5 20 * * 1-5")
        let saturday = try #require(SoakSchedule(time: "8:00", days: "Sat"))
        #expect(saturday.onCalendar == "Sat *-*-* 08:00:00" && saturday.cron == "0 8 * * 6")
        let daily = try #require(SoakSchedule(time: "00:00", days: nil))
        #expect(daily.onCalendar == "*-*-* 00:00:00" && daily.cron == "0 0 * * *")
        for (time, days) in [("24:00", nil), ("8", nil), ("8:00", "Fri..Mon"), ("8:00", "someday")]
            as [(String, String?)]
        {
            #expect(SoakSchedule(time: time, days: days) == nil)
        }
    }

    @Test(
        "Units keep odd words whole",
        .enabled("systemd-analyze is not installed") { HostProgram.find("systemd-analyze") != nil })
    func units() async throws {
        let words = ["/bin/echo", "a b", "100%", "$HOME", "\"quoted\"", "it's", "back\\slash"]
        let units = SoakUnits(
            name: "pacctlab-test", description: "100 % of a test", command: words, directory: "/tmp",
            limits: ["CPUWeight=20", "IOWeight=20", "MemoryHigh=75%"])
        let folder = FileManager.default.temporaryDirectory.appending(path: "units-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schedule = try #require(SoakSchedule(time: "20:00", days: "Mon..Fri"))
        let service = folder.appending(path: "pacctlab-test.service")
        let timer = folder.appending(path: "pacctlab-test.timer")
        try Data(units.service(niceness: 15).utf8).write(to: service)
        try Data(units.timer(schedule.onCalendar).utf8).write(to: timer)
        func verify() async throws {
            try await HostTool(
                action: "check", program: "systemd-analyze",
                arguments: ["verify", "--man=no", service.path, timer.path], limit: .seconds(120)
            ).run()
        }
        try await verify()
        try Data(units.timer("no such day").utf8).write(to: timer)
        await #expect(throws: ArtifactError.self) { try await verify() }
        let cron = units.cronLine(schedule, niceness: 15)
        #expect(cron.hasPrefix("0 20 * * 1-5 cd '/tmp' && "))
        #expect(cron.contains("'100\\%'") && cron.contains("'it'\\''s'"))
    }
}

@Suite("News of a campaign")
struct SoakNotifierTests {
    private final class Told: Sendable {
        let tools = Mutex<[HostTool]>([])
        let fails = Mutex(false)

        func run(_ tool: HostTool) throws {
            if fails.withLock({ $0 }) {
                throw ArtifactError(.notFound, action: "x", subject: "y", reason: "z")
            }
            tools.withLock { $0.append(tool) }
        }
    }

    private let folder = FileManager.default.temporaryDirectory.appending(path: "news-\(UUID().uuidString)")

    private func campaign(command: String? = nil, webhook: String? = nil) -> StoredCampaign {
        var campaign = StoredCampaign(
            id: "c", name: "n", plan: "", planFile: "", module: "/m", directory: folder.path)
        (campaign.command, campaign.webhook) = (command, webhook)
        return campaign
    }

    private func store(_ campaign: StoredCampaign) throws -> (RunStore, StoredCell) {
        let store = try RunStore(path: folder.appending(path: "runs.sqlite").path)
        try store.create(
            campaign,
            cells: [
                StoredCell(
                    campaign: "c", scenario: "s", variant: "release", cpus: 1, kernel: "default", weight: 1)
            ])
        return (store, try #require(try store.cells(of: "c").first))
    }

    private func fail(_ store: RunStore, _ cell: StoredCell, seed: Int64, _ signature: String) throws {
        _ = try store.add(
            StoredResult(
                campaign: "c", cell: cell.id ?? 0, seed: seed, module: "m", version: "v", verdict: "failed",
                reason: nil, duration: 1, folder: "r\(seed)", records: 0, energy: 0),
            findings: [StoredFinding(signature: signature, title: "title\n\"of\" it", location: "a.c:1")])
    }

    @Test("Every bug is told once, also those that were found while nobody could be told")
    func once() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (told, campaign) = (Told(), campaign(command: "mail me < $1", webhook: "http://127.0.0.1:1/x"))
        let (store, cell) = try store(campaign)
        let notifier = SoakNotifier(campaign: campaign) { try told.run($0) }
        try fail(store, cell, seed: 1, "one")
        told.fails.withLock { $0 = true }
        try notifier.collect(from: store)
        #expect(await notifier.tell().count == 1)
        told.fails.withLock { $0 = false }
        try fail(store, cell, seed: 2, "two")
        try fail(store, cell, seed: 3, "one")
        // As after a power cut: another process, which knows nothing but the store and the folder.
        let next = SoakNotifier(campaign: campaign) { try told.run($0) }
        try next.collect(from: store)
        #expect(await next.tell().isEmpty)
        try next.collect(from: store)
        #expect(await next.tell().isEmpty)
        let tools = told.tools.withLock { $0 }
        #expect(tools.count == 4, "two bugs, each by command and by web")
        #expect(tools[0].arguments.prefix(3) == ["-c", "mail me < $1", "pacctlab"])
        #expect(tools[1].program == "curl" && tools[1].arguments.last == "http://127.0.0.1:1/x")
    }

    @Test("The news is JSON that says what and where")
    func content() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let campaign = campaign(command: "cat < \"$1\" > '\(folder.path)/told'")
        let (store, cell) = try store(campaign)
        try fail(store, cell, seed: 1, "one")
        let notifier = SoakNotifier(campaign: campaign)
        try notifier.collect(from: store)
        #expect(await notifier.tell().isEmpty)
        let data = try Data(contentsOf: folder.appending(path: "told"))
        let news = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(news["event"] as? String == "signature" && news["signature"] as? String == "one")
        #expect(news["run"] as? String == "\(folder.path)/r1" && news["location"] as? String == "a.c:1")
    }

    @Test("Who wants no news gets none")
    func unwanted() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let campaign = campaign()
        let (store, cell) = try store(campaign)
        try fail(store, cell, seed: 1, "one")
        let notifier = SoakNotifier(campaign: campaign)
        try notifier.collect(from: store)
        #expect(await notifier.tell().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "news").path))
    }
}
