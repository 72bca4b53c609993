// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Synchronization

@testable import Dashboard

/// Asks a dashboard without a network. Hummingbird's own test client would bring a whole HTTP client, with TLS, that takes
/// longer to build than everything else here.
struct Asker: Sendable {
    private let dashboard: Dashboard

    init(_ dashboard: Dashboard) { self.dashboard = dashboard }

    /// What it answers.
    func callAsFunction(
        _ path: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:]
    ) async throws -> Answer {
        let head = HTTPRequest(
            method: method, scheme: "http", authority: "localhost", path: path, headerFields: headers)
        let source = ApplicationRequestContextSource(
            channel: NIOAsyncTestingChannel(), logger: Logger(label: "test"))
        let response = try await dashboard.responder.respond(
            to: Request(head: head, body: RequestBody(buffer: ByteBuffer())),
            context: BasicRequestContext(source: source))
        let page = Page()
        try await response.body.write(page)
        return Answer(
            status: response.status.code, headers: response.headers, text: page.text.withLock { $0 })
    }

    /// Takes a body down.
    private final class Page: ResponseBodyWriter {
        let text = Mutex("")

        func write(_ buffer: ByteBuffer) async throws { text.withLock { $0 += String(buffer: buffer) } }

        func finish(_ trailers: HTTPFields?) async throws {}
    }
}
