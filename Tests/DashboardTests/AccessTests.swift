// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import LabEngine
import SystemPackage
import Testing

@testable import Dashboard

@Suite("Who may see the dashboard")
struct AccessTests {
    @Test(
        "Loopback is this machine, and nothing else is",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("localhost", true), ("0.0.0.0", false),
            ("::", false), ("10.0.0.1", false), ("128.0.0.1", false), ("::2", false), ("lab", false),
            ("127.0.0.1.evil.example", false), ("", false),
        ])
    func loopback(address: String, isOwn: Bool) { #expect(AccessRule.isLoopback(address) == isOwn) }

    @Test(
        "Only a request in one of this machine's own names is meant for it",
        arguments: [
            ("localhost:8787", true), ("LOCALHOST", true), ("127.0.0.1:1", true), ("[::1]:8787", true),
            ("evil.example", false), ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:8787", false),
            ("evil.example:localhost", false), ("", false), ("[::1", false),
        ])
    func host(name: String, isKnown: Bool) {
        #expect(AccessRule(address: "127.0.0.1", token: nil).knows(host: name) == isKnown)
    }

    @Test("Without a name there is no answer; who listens for others goes by the token")
    func otherHosts() {
        #expect(!AccessRule(address: "127.0.0.1", token: nil).knows(host: nil))
        #expect(AccessRule(address: "127.0.0.7", token: nil).knows(host: "127.0.0.7:80"))
        #expect(AccessRule(address: "0.0.0.0", token: .random()).knows(host: "lab.example"))
    }

    @Test("Without the token nothing is shown, whatever is sent instead")
    func stranger() async throws {
        let (sampled, token) = (try Sampled(runs: 1), Token.random())
        for path in [
            "/", "/api/campaigns", "/metrics", "/api/openapi.json", "/api/events?campaign=sample", "/x",
        ] {
            let answer = try await sampled.ask(path, token: token)
            #expect(answer.status == 401 && !answer.text.contains("sample/"), "\(path)")
            #expect(answer.header("WWW-Authenticate").hasPrefix("Bearer"))
        }
        let wrong = Token.random().text
        for headers: HTTPFields in [
            [.authorization: "Bearer \(wrong)"], [.authorization: "Basic \(token.text)"],
            [.authorization: "Bearer "], [.cookie: "pacctlab=\(wrong)"], [.cookie: "other=\(token.text)"],
            [.authorization: "Bearer \(token.text.dropLast())"],
        ] {
            #expect(try await sampled.ask("/api/campaigns", token: token, headers: headers).status == 401)
        }
        #expect(try await sampled.ask("/?token=\(wrong)", token: token).status == 401)
    }

    @Test(
        "The token opens it as a header, and once in the address, which then is a cookie that scripts cannot read"
    )
    func token() async throws {
        let (sampled, token) = (try Sampled(runs: 1), Token.random())
        let header = try await sampled.ask(
            "/api/campaigns", token: token, headers: [.authorization: "Bearer \(token.text)"])
        #expect(header.status == 200)
        let first = try await sampled.ask(
            "/campaigns/sample/runs?verdict=passed&token=\(token.text)", token: token)
        #expect(first.status == 303)
        #expect(
            first.header("Location") == "/campaigns/sample/runs?verdict=passed", "it is out of the address")
        let cookie = first.header("Set-Cookie")
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "\(cookie)")
        let next = try await sampled.ask(
            first.header("Location"), token: token, headers: [.cookie: "pacctlab=\(token.text)"])
        #expect(next.status == 200)
    }

    @Test("The way on from a token leads to no other machine")
    func redirect() async throws {
        let (sampled, token) = (try Sampled(), Token.random())
        for path in ["//evil.example", "///evil.example/", "/\\evil.example"] {
            let answer = try await sampled.ask("\(path)?token=\(token.text)", token: token)
            #expect(answer.header("Location").hasPrefix("/e"), "\(answer.header("Location"))")
        }
    }

    @Test("A token's file is nobody else's to read, and has one that cannot be guessed")
    func file() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        func token(_ text: String, mode: Int = 0o600) throws -> Token {
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
            return try Token(file: FilePath(file.path))
        }
        #expect(try token("0123456789abcdef\n").matches("0123456789abcdef"))
        #expect(throws: LabError.self) { try token("0123456789abcdef", mode: 0o644) }
        #expect(throws: LabError.self) { try token("short") }
        #expect(throws: LabError.self) { try token("0123456789 abcdef") }
        #expect(throws: LabError.self) { try token("") }
        #expect(throws: LabError.self) { try Token(file: "/nowhere/token") }
        #expect(Token.random().text != Token.random().text)
    }

    @Test("Nothing but a look, and nothing large")
    func shape() async throws {
        let sampled = try Sampled()
        for method in [HTTPRequest.Method.post, .put, .delete, .patch, .options] {
            let answer = try await sampled.ask("/api/campaigns", method: method)
            #expect(answer.status == 405 && answer.header("Allow") == "GET, HEAD", "\(method)")
        }
        #expect(
            try await sampled.ask("/", headers: [.contentLength: "5"]).status == 413,
            "there is no use for a body")
        #expect(
            try await sampled.ask("/?" + String(repeating: "a", count: 15_000)).status == 414)
        let head = try await sampled.ask("/", method: .head)
        #expect(head.status == 200 && head.text.isEmpty)
    }
}
