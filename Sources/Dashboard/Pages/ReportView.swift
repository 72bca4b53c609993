// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import LabEngine
import Reports
import RunStore

/// The page of a run: `report.html` as it is in its folder, with a way back to the campaign.
enum ReportView {
    /// Only the one script that reports have may run, whatever the file says.
    private static let policy = """
        default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-\(
            Data(Digest.sha256(PageStyle.script)).base64EncodedString())'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """

    /// The answer; of a run without a report, what the store knows of it.
    static func response(
        _ run: StoredResult, _ snapshot: Board.Snapshot, _ findings: [StoredFinding], _ renderer: Renderer
    ) throws -> Response {
        let text: String
        do throws(RunFile.Refusal) {
            text = try RunFile.read(HTMLReport.name, of: run, in: snapshot.campaign)
        } catch {
            let why =
                switch error {
                case .missing where run.folder.isEmpty: "It has no folder: the lab did not get that far."
                case .missing: "Its report is gone from \(snapshot.campaign.directory)/\(run.folder)."
                case .suspicious:
                    "Its report is not shown: it is no regular file in the campaign's folder, or too large."
                }
            return try renderer.response(RunFacts(run, snapshot, findings, why: why).page)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: policy],
            body: .init(
                byteBuffer: ByteBuffer(string: withLinks(text, links(run, snapshot, findings)))))
    }

    private static func links(
        _ run: StoredResult, _ snapshot: Board.Snapshot, _ findings: [StoredFinding]
    ) -> [Page.Link] {
        let id = snapshot.campaign.id
        var links = [Page.Link(href: Address.campaigns, text: "campaigns")] + RunFacts.crumbs(id)
        if let cell = snapshot.cell(run.cell) {
            links.append(
                .init(
                    href: Address.runs(id, [(.scenario, cell.scenario), (.variant, cell.variant)]),
                    text: cell.name))
        }
        links += findings.map {
            .init(href: Address.signature(id, $0.signature), text: "bug: \($0.title.prefix(80))")
        }
        return links + [.init(href: "/api" + Address.run(id, run.id ?? 0), text: "JSON")]
    }

    /// The report with links at its top.
    static func withLinks(_ text: String, _ links: [Page.Link]) -> String {
        let escape = SafeText()
        let items = links.map {
            "<a href=\"\(escape.escapeText($0.href))\">\(escape.escapeText($0.text))</a>"
        }
        guard let body = text.firstRange(of: "<body>") else { return text }
        return text.replacingCharacters(
            in: body,
            with:
                "<body>\n<nav aria-label=\"Where this is\" class=\"tags\">\(items.joined(separator: " "))</nav>"
        )
    }
}
