// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import HummingbirdCore
import LabEngine
import Logging
import NIOCore
import RunStore

/// Campaigns in a browser, and for programs. It only shows: there is nothing here that changes anything.
public struct Dashboard: Sendable {
    /// Connections at once: browsers of some people, with a listener each, and a few programs.
    private static let connections = 128
    private static let headerBytes = 16 * 1024
    private static let headers = 100
    private static let idle = TimeAmount.seconds(60)

    private let rule: AccessRule
    private let port: Int
    /// What answers requests, wherever they come from.
    let responder: RouterResponder<BasicRequestContext>
    private let logger: Logger

    /// A dashboard of a store.
    ///
    /// - Parameters:
    ///   - port: 0 for one that is free.
    ///   - rule: Where it listens, and to whom.
    /// - Throws: For a mistake in a template.
    public init(
        store: RunStore, library: SoakLibrary, port: Int, rule: AccessRule, logger: Logger
    ) throws {
        (self.rule, self.port, self.logger) = (rule, port, logger)
        let renderer = try Renderer()
        let board = Board(store: store, library: library)
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: Answerer(renderer: renderer, logger: logger))
        router.add(middleware: Gatekeeper(rule: rule))
        let endpoints =
            APIRoutes(board: board).endpoints + [Metrics.endpoint(board), Events(board).endpoint]
        let document = try OpenAPI.document(endpoints, hasToken: rule.token != nil)
        let all = PageRoutes(board: board, renderer: renderer).endpoints + endpoints
        for endpoint in all { endpoint.register(in: router) }
        router.get("/api/openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: document)))
        }
        responder = router.buildResponder()
    }

    /// As a server that runs until its task is cancelled.
    ///
    /// - Parameter onReady: Told the address to open, with the token if there is one.
    func application(onReady: @escaping @Sendable (String) -> Void = { _ in }) -> some ApplicationProtocol {
        // Being cancelled is no error of a server; what is one is thrown, or in an answer and in our own log.
        var quiet = logger
        quiet.logLevel = .critical
        var channel = HTTP1Channel.Configuration(idleTimeout: Self.idle)
        channel.httpDecoder = .init(
            maxHeaderFieldSize: Self.headerBytes, maxHeaderListSize: Self.headerBytes,
            maxHeaderFieldCount: Self.headers)
        return Application(
            responder: responder, server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(rule.address, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connections)),
            onServerRunning: { channel in onReady(link(port: channel.localAddress?.port ?? port)) },
            logger: quiet)
    }

    /// Shows the store until the task is cancelled.
    ///
    /// - Throws: ``LabError`` when the address cannot be had.
    public func run(onReady: @escaping @Sendable (String) -> Void) async throws {
        do { try await application(onReady: onReady).run() } catch let error as IOError {
            throw LabError(
                .trouble,
                "\(rule.address) port \(port) cannot be listened on: \(String(cString: strerror(error.errnoCode))).",
                remedy: "--port 0 takes a port that is free.")
        } catch is CancellationError {}
    }

    private func link(port: Int) -> String {
        // Who listens everywhere is reached by the machine's name.
        let everywhere = rule.address == "0.0.0.0" || rule.address == "::"
        let host =
            everywhere
            ? ProcessInfo.processInfo.hostName
            : rule.address.contains(":") ? "[\(rule.address)]" : rule.address
        return "http://\(host):\(port)/" + (rule.token.map { "?token=\($0.text)" } ?? "")
    }
}
