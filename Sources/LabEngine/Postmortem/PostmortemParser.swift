// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads the lines that the post-mortem script prints: one JSON object each.
///
/// What they say was in a guest's memory, so everything is bounded, and a line that is not what it should be is
/// counted and left out.
struct PostmortemParser {
    private static let logLimit = 8 << 20
    private static let recordLimit = 16 << 20
    private static let itemLimit = 4096
    private static let problemLimit = 100

    private(set) var result = Postmortem()
    private var logBytes = 0
    private var items = 0
    private var malformed = 0
    private let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()

    private struct Kind: Decodable { var kind: String }
    private struct LogLines: Decodable { var lines: [String] }
    private struct Records: Decodable { var data: Data }
    private struct Problem: Decodable { var text: String }

    /// Takes a line.
    mutating func take(_ line: String) {
        let data = Data(line.utf8)
        do {
            try take(kind: try decoder.decode(Kind.self, from: data).kind, data)
        } catch {
            malformed += 1
            // The first one may be the script's own last words.
            if malformed <= 10 { note(String(line.prefix(300))) }
        }
    }

    /// What was read so far, and what is wrong with it.
    func finish() -> Postmortem {
        var result = result
        if malformed > 0 { result.problems.append("\(malformed) lines of the script were not understood") }
        return result
    }

    private mutating func take(kind: String, _ data: Data) throws {
        if kind == "end" {
            result.isComplete = true
            return
        }
        if kind == "problem" { return note(try decoder.decode(Problem.self, from: data).text) }
        items += 1
        guard items <= Self.itemLimit else {
            if items == Self.itemLimit + 1 {
                note("more than \(Self.itemLimit) lines: the rest was left out")
            }
            return
        }
        switch kind {
        case "log": takeLog(try decoder.decode(LogLines.self, from: data).lines)
        case "cpu": result.cpus.append(try decoder.decode(Postmortem.Task.self, from: data))
        case "task": result.tasks.append(try decoder.decode(Postmortem.Task.self, from: data))
        case "module": result.modules.append(try decoder.decode(Postmortem.Module.self, from: data))
        case "fact": result.facts.append(try decoder.decode(Postmortem.Fact.self, from: data))
        case "ring": result.ring = try decoder.decode(Postmortem.Ring.self, from: data)
        case "account": result.accounts.append(try decoder.decode(Postmortem.Account.self, from: data))
        case "records": takeRecords(try decoder.decode(Records.self, from: data).data)
        default: malformed += 1
        }
    }

    private mutating func takeLog(_ lines: [String]) {
        for line in lines {
            guard logBytes < Self.logLimit else { return }
            logBytes += line.utf8.count + 1
            result.log.append(line)
        }
        if logBytes >= Self.logLimit { note("the rest of the kernel log was left out: it is too long") }
    }

    private mutating func takeRecords(_ data: Data) {
        guard result.records.count + data.count <= Self.recordLimit else {
            return note("the rest of the records was left out: they are too many")
        }
        result.records += data
    }

    private mutating func note(_ problem: String) {
        guard result.problems.count < Self.problemLimit else { return }
        result.problems.append(problem)
    }
}
