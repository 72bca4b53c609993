// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import LabEngine
import RunStore

/// What programs read.
struct APIRoutes {
    private static let runsGiven: Int64 = 50
    private static let campaignsGiven: Int64 = 50

    let board: Board

    private struct Campaigns: Encodable {
        var campaigns: [CampaignValue]
    }
    private struct Campaign: Encodable {
        var campaign: CampaignValue
        var standing: SoakStanding
    }
    private struct Signatures: Encodable {
        var signatures: [SoakStanding.Signature]
    }
    private struct Versions: Encodable {
        var versions: [VersionValue]
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                path: "/api/campaigns", query: [.limit],
                description: .init(
                    operation: "campaigns", summary: "Campaigns, the youngest first.",
                    schema: .record(["campaigns": .list(CampaignValue.schema)])),
                answer: json { call in
                    let tallies = try board.tallies()
                    let limit = Int(call.query.number(.limit) ?? Self.campaignsGiven)
                    return Campaigns(
                        campaigns: try board.store.campaigns().prefix(limit).map {
                            CampaignValue($0, tallies[$0.id] ?? Board.Tally())
                        })
                }),
            Endpoint(
                path: "/api/campaigns/{campaign}", place: [.campaign],
                description: .init(
                    operation: "campaign", summary: "A campaign, and how it stands.",
                    schema: .record(["campaign": CampaignValue.schema, "standing": .standing])),
                answer: json { call in
                    let snapshot = try board.snapshot(call.campaign)
                    let tally = try board.tallies()[call.campaign] ?? Board.Tally()
                    return Campaign(
                        campaign: CampaignValue(snapshot.campaign, tally), standing: snapshot.standing)
                }),
            Endpoint(
                path: "/api/campaigns/{campaign}/runs", place: [.campaign],
                query: [.verdict, .variant, .scenario, .showing, .before, .limit],
                description: .init(
                    operation: "runs", summary: "Runs of a campaign, the youngest first, a page at a time.",
                    schema: RunsValue.schema),
                answer: json { call in
                    let snapshot = try board.snapshot(call.campaign)
                    let (runs, next) = try board.runs(snapshot, call.query, usually: Self.runsGiven)
                    let shown = try board.store.findings(ofRuns: runs.compactMap(\.id))
                    return RunsValue(
                        runs: runs.map { RunValue($0, snapshot, $0.id.flatMap { shown[$0] } ?? []) },
                        next: next)
                }),
            Endpoint(
                path: "/api/campaigns/{campaign}/runs/{run}", place: [.campaign, .run],
                description: .init(operation: "run", summary: "A run.", schema: RunValue.schema),
                answer: json { call in
                    let run = try board.run(call.run, of: call.campaign)
                    return RunValue(
                        run, try board.snapshot(call.campaign), try board.store.findings(of: call.run))
                }),
            Endpoint(
                path: "/api/campaigns/{campaign}/signatures", place: [.campaign],
                description: .init(
                    operation: "signatures",
                    summary: "Bugs that a campaign has seen, the most frequent first.",
                    schema: .record(["signatures": .list(.signature)])),
                answer: json { Signatures(signatures: try board.snapshot($0.campaign).standing.signatures) }),
            Endpoint(
                path: "/api/campaigns/{campaign}/signatures/{signature}", place: [.campaign, .signature],
                description: .init(
                    operation: "signature", summary: "When and where a campaign has seen a bug.",
                    schema: SignatureValue.schema),
                answer: json { call in
                    let snapshot = try board.snapshot(call.campaign)
                    let span = try board.span(snapshot)
                    return SignatureValue(try board.history(call.signature, snapshot, span), snapshot)
                }),
            Endpoint(
                path: "/api/campaigns/{campaign}/versions", place: [.campaign],
                description: .init(
                    operation: "versions", summary: "What passed runs counted, by version of the module.",
                    schema: .record(["versions": .list(VersionValue.schema)])),
                answer: json { call in
                    let snapshot = try board.snapshot(call.campaign)
                    return Versions(
                        versions: snapshot.energy.map { VersionValue($0, snapshot) }
                    )
                }),
        ]
    }

    private func json<Value: Encodable & SendableMetatype>(
        _ value: @escaping @Sendable (Endpoint.Call) throws -> Value
    ) -> @Sendable (Endpoint.Call) async throws -> Response {
        { call in try await Offload.run { try .json(try value(call)) } }
    }
}
