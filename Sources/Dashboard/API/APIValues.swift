// SPDX-License-Identifier: Apache-2.0

import LabEngine
import RunStore

/// A campaign in the list.
struct CampaignValue: Encodable {
    var id: String
    var plan: String
    var state: String
    var isAlive: Bool
    var reason: String?
    var module: String
    var created: Double
    var endsAt: Double?
    var maxRuns: Int?
    var passed: Int
    var failed: Int
    var inconclusive: Int
    var bugs: Int

    init(_ campaign: StoredCampaign, _ tally: Board.Tally) {
        (id, plan, state) = (campaign.id, campaign.name, campaign.state.rawValue)
        isAlive = SoakLibrary.isAlive(campaign)
        (reason, module, created) = (campaign.reason, campaign.module, campaign.created)
        (endsAt, maxRuns) = (campaign.endsAt, campaign.maxRuns)
        (passed, failed, inconclusive) = (tally.passed, tally.failed, tally.inconclusive)
        bugs = tally.bugs
    }

    static let schema: JSONValue = .record(
        [
            "id": .text, "plan": .text, "state": .oneOf(["running", "paused", "stopping", "ended"]),
            "is_alive": .flag, "module": .text, "created": .seconds, "passed": .count, "failed": .count,
            "inconclusive": .count, "bugs": .count,
        ], optional: ["reason": .text, "ends_at": .seconds, "max_runs": .count])
}

/// A run.
struct RunValue: Encodable {
    /// What it showed.
    struct Finding: Encodable {
        var signature: String
        var title: String
        var location: String?
    }

    var run: Int64
    var cell: String
    var scenario: String
    var variant: String
    var seed: Int64
    var module: String
    var version: String
    var verdict: String
    var reason: String?
    var ended: Double
    var durationS: Double
    var records: Int
    var energyUj: Int64
    var isWhole: Bool
    var directory: String
    var page: String
    var findings: [Finding]

    init(_ stored: StoredResult, _ snapshot: Board.Snapshot, _ shown: [StoredFinding]) {
        let cell = snapshot.cell(stored.cell)
        run = stored.id ?? 0
        (self.cell, scenario) = (cell?.name ?? "", cell?.scenario ?? "")
        (variant, seed, module) = (cell?.variant ?? "", stored.seed, stored.module)
        version = stored.version
        (verdict, reason, ended, durationS) = (
            stored.verdict, stored.reason, stored.ended, stored.duration
        )
        (records, energyUj, isWhole) = (stored.records, stored.energy, stored.isWhole)
        directory = stored.folder.isEmpty ? "" : "\(snapshot.campaign.directory)/\(stored.folder)"
        page = Address.run(snapshot.campaign.id, stored.id ?? 0)
        findings = shown.map { Finding(signature: $0.signature, title: $0.title, location: $0.location) }
    }

    static let schema: JSONValue = .record(
        [
            "run": .count, "cell": .text, "scenario": .text, "variant": .text, "seed": .whole,
            "version": .text,
            "module": .text,
            "verdict": .oneOf(["passed", "failed", "inconclusive"]), "ended": .seconds,
            "duration_s": .seconds, "records": .count, "energy_uj": .whole, "is_whole": .flag,
            "directory": .text, "page": .text,
            "findings": .list(
                .record(["signature": .text, "title": .text], optional: ["location": .text])),
        ], optional: ["reason": .text])
}

/// A page of runs.
struct RunsValue: Encodable {
    var runs: [RunValue]
    /// What `before` has to be for the page after this one; nil on the last.
    var next: Int64?

    static let schema: JSONValue = .record(["runs": .list(RunValue.schema)], optional: ["next": .count])
}

/// A bug with its history.
struct SignatureValue: Encodable {
    /// Where it was seen: a cell with one version of the module.
    struct Place: Encodable {
        var cell: String
        var version: String
        var runs: Int
        var first: Double
        var last: Double
    }

    var signature: String
    var title: String
    var location: String?
    var runs: Int
    var first: Double
    var last: Double
    var places: [Place]
    /// Other campaigns that have seen it.
    var elsewhere: [String]

    init(_ history: SignatureHistory, _ snapshot: Board.Snapshot) {
        (signature, title, location) = (history.signature, history.title, history.location)
        runs = history.runs
        first = history.parts.map(\.first).min() ?? 0
        last = history.parts.map(\.last).max() ?? 0
        places = Dictionary(grouping: history.parts) { [String($0.cell), $0.version] }.values.map { parts in
            Place(
                cell: snapshot.cell(parts[0].cell)?.name ?? "", version: parts[0].version,
                runs: parts.reduce(0) { $0 + $1.runs }, first: parts.map(\.first).min() ?? 0,
                last: parts.map(\.last).max() ?? 0)
        }.sorted { ($0.cell, $0.version) < ($1.cell, $1.version) }
        elsewhere = history.elsewhere
    }

    static let schema: JSONValue = .record(
        [
            "signature": .text, "title": .text, "runs": .count, "first": .seconds, "last": .seconds,
            "places": .list(
                .record([
                    "cell": .text, "version": .text, "runs": .count, "first": .seconds, "last": .seconds,
                ])), "elsewhere": .list(.text),
        ], optional: ["location": .text])
}

/// What a cell counted with a version of the module.
struct VersionValue: Encodable {
    var cell: String
    var version: String
    var runs: Int
    var recordsMean: Double
    var energyUjMean: Double
    var energyUjDeviation: Double
    var first: Double
    var last: Double

    init(_ energy: EnergyOfVersion, _ snapshot: Board.Snapshot) {
        (cell, version, runs) = (snapshot.cell(energy.cell)?.name ?? "", energy.version, energy.runs)
        (recordsMean, energyUjMean, energyUjDeviation) = (energy.records, energy.energy, energy.deviation)
        (first, last) = (energy.first, energy.last)
    }

    static let schema: JSONValue = .record([
        "cell": .text, "version": .text, "runs": .count, "records_mean": .seconds, "energy_uj_mean": .real,
        "energy_uj_deviation": .seconds, "first": .seconds, "last": .seconds,
    ])
}

/// What an event says, and what is compared to see whether there is one.
struct StandingEvent: Encodable, Equatable {
    var campaign: String
    var state: String
    var isAlive: Bool
    var lastRun: Int64
    var passed: Int
    var failed: Int
    var inconclusive: Int
    var bugs: Int

    init(_ snapshot: Board.Snapshot) {
        let cells = snapshot.standing.cells
        campaign = snapshot.campaign.id
        state = snapshot.campaign.state.rawValue
        (isAlive, lastRun) = (snapshot.standing.isAlive, snapshot.lastRun ?? 0)
        passed = cells.reduce(0) { $0 + $1.passed }
        failed = cells.reduce(0) { $0 + $1.failed }
        inconclusive = cells.reduce(0) { $0 + $1.inconclusive }
        bugs = snapshot.standing.signatures.count
    }
}
