// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Dashboard
import Foundation
import LabEngine
import Logging
import SystemPackage

/// `pacctlab serve`: campaigns in a browser.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Show campaigns in a browser, while they run and afterwards.",
        discussion: """
            Campaigns with their rates, runs, bugs and energy by module version; /api for programs (/api/openapi.json says \
            what there is), /metrics for Prometheus. Nothing can be changed there. Ctrl-C ends it; campaigns go on.

              pacctlab serve                                     http://127.0.0.1:8787, for this machine alone
              ssh -L 8787:localhost:8787 lab                     and with that for yours
              pacctlab serve --listen 0.0.0.0                    for everybody who has the link that it prints
              pacctlab serve --listen 0.0.0.0 --token-file F     with a token that stays the same

            Other machines need the token, which a browser keeps after the first visit. What is sent can be read on the way: \
            over a network that is not yours, use ssh or a proxy with TLS.
            """)

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address")) var listen = "127.0.0.1"
    @Option(help: ArgumentHelp("The port; 0 takes one that is free.", valueName: "port")) var port = 8787
    @Option(
        help: ArgumentHelp(
            "A file with the token (16 to 256 letters, digits or -._~), which only you may read (default: a new token, where one is needed).",
            valueName: "file"))
    var tokenFile: String?

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port takes 0 to 65535.") }
    }

    func run() async throws {
        let library = SoakLibrary(home: try LabHome.find())
        let working = FilePath(FileManager.default.currentDirectoryPath)
        let own = try tokenFile.map { try Token(file: working.pushing(FilePath($0))) }
        let token = own ?? (AccessRule.isLoopback(listen) ? nil : Token.random())
        var logger = Logger(label: "serve") { _ in StreamLogHandler.standardError(label: "serve") }
        logger.logLevel = .error
        let dashboard = try Dashboard(
            store: try library.store(), library: library, port: port,
            rule: AccessRule(address: listen, token: token), logger: logger)
        try await Interruption.guarding {
            try await dashboard.run { Terminal.print([$0]) }
        }
    }
}
