// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import LabEngine
import Logging
import Reports

/// Makes an answer of everything that is thrown, and gives each answer the headers that keep browsers careful.
struct Answerer: RouterMiddleware {
    typealias Context = BasicRequestContext

    private static let headers: [(HTTPField.Name, String)] = [
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
        (.xContentTypeOptions, "nosniff"),
        (.cacheControl, "no-store"),
    ]
    private static let others: [(String, String)] = [
        ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ]

    let renderer: Renderer
    let logger: Logger

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do { response = try await next(request, context) } catch {
            response = try answer(to: problem(error), request)
        }
        for (name, value) in Self.headers where response.headers[name] == nil {
            response.headers[name] = value
        }
        for (name, value) in Self.others {
            guard let name = HTTPField.Name(name), response.headers[name] == nil else { continue }
            response.headers[name] = value
        }
        return response
    }

    private func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as any HTTPResponseError where error.status == .notFound:
            return .notFound("There is nothing at this address.")
        case let error as any HTTPResponseError:
            return Problem(status: error.status, detail: "The request cannot be read.")
        default:
            // What a person can do about it is in the message; paths and all are for whoever has the terminal.
            logger.error("\(error)")
            return Problem(
                status: .internalServerError,
                detail: "The store cannot be read: pacctlab serve has printed why.")
        }
    }

    private func answer(to problem: Problem, _ request: Request) throws -> Response {
        var response: Response
        if request.uri.path.hasPrefix("/api") || request.uri.path == "/metrics" {
            response = .init(
                status: problem.status, headers: [.contentType: "application/problem+json"],
                body: .init(byteBuffer: ByteBuffer(string: try problem.document.contractJSON(pretty: false))))
        } else {
            response = try renderer.response(
                ErrorPage.page(problem, path: request.uri.string), status: problem.status)
        }
        for field in problem.headers { response.headers[field.name] = field.value }
        if request.method == .head { response = response.createHeadResponse() }
        return response
    }
}

extension Response {
    /// An answer that programs read.
    static func json(_ value: some Encodable) throws -> Response {
        .init(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: try value.contractJSON(pretty: false))))
    }
}
