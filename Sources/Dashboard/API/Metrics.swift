// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import LabEngine
import RunStore

/// What Prometheus gathers, in its text format 0.0.4.
struct Metrics {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"
    /// Of so many campaigns, the youngest: every label is kept for ever by who gathers it.
    private static let campaigns = 100

    private var lines: [String] = []

    init(_ campaigns: [StoredCampaign], _ variants: [VariantCounts], _ tallies: [String: Board.Tally]) {
        let shown = campaigns.prefix(Self.campaigns)
        let names = Set(shown.map(\.id))
        family("pacctlab_runs_total", "counter", "Runs that are over.")
        for part in variants where names.contains(part.campaign) {
            sample(
                "pacctlab_runs_total",
                [("campaign", part.campaign), ("variant", part.variant), ("verdict", part.verdict)], part.runs
            )
        }
        family("pacctlab_signatures", "gauge", "Bugs that a campaign has seen.")
        for campaign in shown {
            sample("pacctlab_signatures", [("campaign", campaign.id)], tallies[campaign.id]?.bugs ?? 0)
        }
        family("pacctlab_campaign_state", "gauge", "1 for what a campaign is doing.")
        for campaign in shown {
            for state in [StoredCampaign.State.running, .paused, .stopping, .ended] {
                sample(
                    "pacctlab_campaign_state", [("campaign", campaign.id), ("state", state.rawValue)],
                    campaign.state == state ? 1 : 0)
            }
        }
        family("pacctlab_campaign_alive", "gauge", "Whether a campaign's process is there.")
        for campaign in shown {
            sample(
                "pacctlab_campaign_alive", [("campaign", campaign.id)],
                SoakLibrary.isAlive(campaign) ? 1 : 0)
        }
    }

    /// The document.
    var text: String { lines.joined(separator: "\n") + "\n" }

    private mutating func family(_ name: String, _ type: String, _ help: String) {
        lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Int) {
        let text = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        lines.append("\(name){\(text)} \(value)")
    }

    /// As the format wants it: backslash, quotation mark and line feed.
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }

    /// Where it is to be had.
    static func endpoint(_ board: Board) -> Endpoint {
        Endpoint(
            path: "/metrics",
            description: .init(
                operation: "metrics", summary: "For Prometheus, in its text format.",
                mediaType: "text/plain", schema: .text),
            answer: { _ in
                try await Offload.run {
                    let metrics = Metrics(
                        try board.store.campaigns(), try board.variants(), try board.tallies())
                    return Response(
                        status: .ok, headers: [.contentType: mediaType],
                        body: .init(byteBuffer: ByteBuffer(string: metrics.text)))
                }
            })
    }
}
