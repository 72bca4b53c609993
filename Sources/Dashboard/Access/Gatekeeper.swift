// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird

/// Lets in what is meant for us, asks for nothing but a look, is small, and may be answered.
struct Gatekeeper: RouterMiddleware {
    typealias Context = BasicRequestContext

    static let cookie = "pacctlab"
    private static let parameter = "token"
    private static let addressLimit = 15_000

    let rule: AccessRule

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard rule.knows(host: request.head.authority) else {
            throw Problem(
                status: .misdirectedRequest,
                detail:
                    "This is the dashboard of pacctlab on \(rule.address), and not \"\(request.head.authority ?? "")\"."
            )
        }
        guard request.method == .get || request.method == .head else {
            throw Problem(
                status: .methodNotAllowed,
                detail: "The dashboard only shows: there is nothing but GET and HEAD.",
                headers: [.allow: "GET, HEAD"])
        }
        guard request.uri.string.utf8.count <= Self.addressLimit else {
            throw Problem(
                status: .uriTooLong, detail: "An address here has at most \(Self.addressLimit) bytes.")
        }
        guard request.headers[.transferEncoding] == nil, Int(request.headers[.contentLength] ?? "0") == 0
        else {
            throw Problem(
                status: .contentTooLarge, detail: "A request here has no body.",
                headers: [.connection: "close"])
        }
        guard let token = rule.token else { return try await next(request, context) }
        if let sent = Self.sent(request) {
            guard token.matches(sent) else { throw Self.stranger }
            return Self.welcome(request, token)
        }
        guard Self.known(request).contains(where: { token.matches($0) }) else { throw Self.stranger }
        return try await next(request, context)
    }

    private static let stranger = Problem(
        status: .unauthorized,
        detail:
            "pacctlab serve has printed a token: send it as \"Authorization: Bearer TOKEN\", or add ?token=TOKEN once.",
        headers: [.wwwAuthenticate: "Bearer realm=\"pacctlab\""])

    /// What the header and the cookie say.
    private static func known(_ request: Request) -> [String] {
        var found: [String] = []
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer" { found.append(String(parts[1])) }
        }
        if let cookie = request.cookies[cookie]?.value { found.append(cookie) }
        return found
    }

    /// The token in the address.
    private static func sent(_ request: Request) -> String? {
        request.uri.queryParameters[parameter[...]].map(String.init)
    }

    /// Keeps the token in a cookie and out of the address, which people send to each other.
    private static func welcome(_ request: Request, _ token: Token) -> Response {
        let query = (request.uri.query ?? "").split(separator: "&")
            .filter { $0 != parameter && !$0.hasPrefix("\(parameter)=") }.joined(separator: "&")
        // Two slashes in front would name another machine.
        let path = "/" + request.uri.path.drop { $0 == "/" || $0 == "\\" }
        var response = Response.redirect(to: query.isEmpty ? path : "\(path)?\(query)")
        response.setCookie(
            Cookie(name: cookie, value: token.text, path: "/", httpOnly: true, sameSite: .strict))
        return response
    }
}
