// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import RunStore

/// The pages. To add one: its file beside this one, with a template, a `page` and what they show; its template in
/// ``Renderer``; and an entry here.
struct PageRoutes {
    private static let runsShown: Int64 = 50
    private static let latestShown = 20

    let board: Board
    let renderer: Renderer

    var endpoints: [Endpoint] {
        [
            Endpoint(
                path: "/",
                answer: page { _ in
                    CampaignsPage(try board.store.campaigns(), try board.tallies()).page
                }),
            Endpoint(
                path: "/campaigns/{campaign}", place: [.campaign],
                answer: page { call in
                    CampaignPage(try board.snapshot(call.campaign), now: Date.now.timeIntervalSince1970).page
                }),
            Endpoint(
                path: "/campaigns/{campaign}/runs", place: [.campaign],
                query: [.verdict, .variant, .scenario, .showing, .before, .limit], answer: page(runs)),
            Endpoint(
                path: "/campaigns/{campaign}/runs/{run}", place: [.campaign, .run],
                answer: offloaded { call in
                    let run = try board.run(call.run, of: call.campaign)
                    return try ReportView.response(
                        run, try board.snapshot(call.campaign), try board.store.findings(of: call.run),
                        renderer)
                }),
            Endpoint(
                path: "/campaigns/{campaign}/signatures/{signature}", place: [.campaign, .signature],
                answer: page(signature)),
            Endpoint(
                path: "/campaigns/{campaign}/versions", place: [.campaign],
                answer: page { call in
                    let snapshot = try board.snapshot(call.campaign)
                    return VersionsPage(snapshot).page
                }),
        ]
    }

    private func runs(_ call: Endpoint.Call) throws -> Page {
        let snapshot = try board.snapshot(call.campaign)
        let found = try board.runs(snapshot, call.query, usually: Self.runsShown)
        let findings = try board.store.findings(ofRuns: found.runs.compactMap(\.id))
        return RunsPage(snapshot, call.query, runs: found.runs, next: found.next, findings: findings).page
    }

    private func signature(_ call: Endpoint.Call) throws -> Page {
        let snapshot = try board.snapshot(call.campaign)
        let span = try board.span(snapshot)
        let history = try board.history(call.signature, snapshot, span)
        let latest = try board.store.runs(
            of: call.campaign, RunFilter(signature: call.signature), limit: Self.latestShown)
        return SignaturePage(history, snapshot, span: span, latest: latest).page
    }

    private func page(
        _ make: @escaping @Sendable (Endpoint.Call) throws -> Page
    ) -> @Sendable (Endpoint.Call) async throws -> Response {
        offloaded { [renderer] in try renderer.response(try make($0)) }
    }

    private func offloaded(
        _ answer: @escaping @Sendable (Endpoint.Call) throws -> Response
    ) -> @Sendable (Endpoint.Call) async throws -> Response {
        { call in try await Offload.run { try answer(call) } }
    }
}
