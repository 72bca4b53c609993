// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Mustache
import Reports

/// A page: what all of them have around what each one shows.
struct Page {
    /// A link and its text.
    struct Link {
        var href: String
        var text: String
    }

    /// The name of its template.
    var template: String
    var title: String
    /// The way back to the list of campaigns.
    var crumbs: [Link] = []
    /// The campaign whose events keep the part `live` of the page as it is now; nil for a page that stays.
    var live: String?
    /// What its template shows.
    var body: Any
}

/// Makes answers of pages.
struct Renderer: Sendable {
    /// Everything that the layout shows.
    private struct Frame {
        var nonce: String
        var css: String
        var title: String
        var crumbs: [Page.Link]
        var live: String?
        var script: String
        var body: Any
    }

    private let library: MustacheLibrary

    /// - Throws: For a mistake in a template.
    init() throws {
        MustacheContentTypes.register(SafeText(), named: SafeText.name)
        var library = MustacheLibrary()
        for (name, text) in Self.templates {
            // Each says it: a template that another one includes begins anew.
            try library.register("{{% CONTENT_TYPE:\(SafeText.name)}}" + text, named: name)
        }
        self.library = library
    }

    private static let templates = [
        Layout.name: Layout.template, CampaignsPage.template: CampaignsPage.html,
        CampaignPage.template: CampaignPage.html, "trends": CampaignPage.trendsHTML,
        RunsPage.template: RunsPage.html,
        RunFacts.template: RunFacts.html, SignaturePage.template: SignaturePage.html,
        VersionsPage.template: VersionsPage.html, RangePlot.template: RangePlot.html,
        ErrorPage.template: ErrorPage.html,
    ]

    /// The answer that shows a page.
    func response(_ page: Page, status: HTTPResponse.Status = .ok) throws -> Response {
        let nonce = Token.random().text
        let frame = Frame(
            nonce: nonce, css: PageStyle.css + Layout.css, title: page.title, crumbs: page.crumbs,
            live: page.live,
            script: Layout.script, body: page.body)
        guard let text = library.render(frame, withTemplate: page.template) else {
            preconditionFailure("There is no template \(page.template).")
        }
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .contentSecurityPolicy: """
                default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; connect-src 'self'; \
                img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
                """,
            ], body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Escapes for HTML, one Unicode scalar after the other. The library's own escaping goes by characters: a quotation mark
/// with a combining accent behind it is another character to it, and would end an attribute.
struct SafeText: MustacheContentType {
    static let name = "SAFE"

    func escapeText(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in TerminalText.printable(text).unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
