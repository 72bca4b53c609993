// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Evidence

/// Scores the classifier against a corpus of real logs: a folder with `dev.jsonl`, named by the environment
/// variable PACCTLAB_CORPUS, or `../shared/corpus` beside the checkout. It is not part of the project.
@Suite struct CorpusTests {
    struct Case: Decodable {
        var id: String
        var log: String
        var crash: Bool
        var `class`: String?
        var function: String?
        var arch: String
        var corrupted: Bool
        var suppressed: Bool
    }

    static let file: URL? = {
        let folder =
            ProcessInfo.processInfo.environment["PACCTLAB_CORPUS"].map { URL(filePath: $0) }
            ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/corpus")
        let file = folder.appending(path: "dev.jsonl")
        return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }()

    static func cases() throws -> [Case] {
        let file = try #require(file)
        let decoder = JSONDecoder()
        return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
            try decoder.decode(Case.self, from: $0)
        }
    }

    /// Logs of x86 kernels whose truth is beyond doubt: nothing torn, nothing about programs.
    private func clean(_ test: Case) -> Bool {
        !["harness", "reboot"].contains(test.class) && ["x86_64", "i386", "unknown"].contains(test.arch)
            && !test.corrupted && !test.suppressed
    }

    @Test(.enabled(if: file != nil, "no corpus: set PACCTLAB_CORPUS to the folder that has dev.jsonl"))
    func agreesWithTheCorpus() throws {
        let classifier = CrashClassifier()
        var crashes = 0
        var rightClass = 0
        var named = 0
        var rightFunction = 0
        for test in try Self.cases().filter(clean) {
            let answer = classifier.classifyCorpus(Array(test.log.utf8))
            if !test.crash {
                #expect(!answer.crash, "false alarm in \(test.id): \(answer.title ?? "")")
                continue
            }
            crashes += 1
            rightClass += answer.crashClass?.rawValue == test.class ? 1 : 0
            guard let function = test.function else { continue }
            named += 1
            rightFunction += answer.function == function ? 1 : 0
        }
        try #require(crashes > 0 && named > 0)
        #expect(Double(rightClass) / Double(crashes) >= 0.99, "class: \(rightClass) of \(crashes)")
        #expect(Double(rightFunction) / Double(named) >= 0.95, "function: \(rightFunction) of \(named)")
    }

    @Test(.enabled(if: file != nil, "no corpus: set PACCTLAB_CORPUS to the folder that has dev.jsonl"))
    func answersTheSameInBothForms() throws {
        let classifier = CrashClassifier()
        for test in try Self.cases() {
            let log = Array(test.log.utf8)
            let answer = classifier.classifyCorpus(log)
            guard answer.crash else { continue }
            let findings = classifier.classify(log)
            #expect(
                findings.contains { $0.title == answer.title && $0.function == answer.function }, "\(test.id)"
            )
            #expect(!findings.contains { $0.evidence.isEmpty }, "\(test.id)")
        }
    }

    @Test(.enabled(if: file != nil, "no corpus: set PACCTLAB_CORPUS to the folder that has dev.jsonl"))
    func isSafeOnDamagedLogs() throws {
        var random = SeededGenerator(seed: 5)
        let classifier = CrashClassifier()
        for test in try Self.cases() where test.log.utf8.count < 20_000 {
            var log = Array(test.log.utf8)
            for _ in 0..<20 where !log.isEmpty {
                let index = Int.random(in: 0..<log.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: log[index] = UInt8.random(in: 0...255, using: &random)
                case 1: log.remove(at: index)
                default: log.insert(contentsOf: log.suffix(7), at: index)
                }
            }
            log.removeLast(Int.random(in: 0...log.count, using: &random))
            _ = classifier.classify(log)
            _ = classifier.classifyCorpus(log)
        }
    }
}

@Suite struct HostileLogTests {
    private let classifier = CrashClassifier()

    @Test(arguments: [
        "BUG: x\n", "BUG: KASAN: use-after-free in f+0x1/0x2\n", "INFO: task \n", "[ 1.000000] ",
        "WARNING: CPU: 0 PID: 1 at f.c:1 f+0x1/0x2\n[    1.000000][   T1] Call Trace:\n",
        "BUG: INFO: task WARNING: CPU: at [ 1.000000] ", "Call Trace:\n f+0x1/0x2\n", "\u{0}", "[[[[<<<<",
        "-> #0\n",
    ])
    func endsOnAFlood(_ piece: String) {
        let log = Array(String(repeating: piece, count: 20_000).utf8)
        #expect(classifier.classify(log).count <= 32)
    }

    @Test func findsTheFirstCrashBehindAFlood() {
        let noise = String(
            repeating: "[   12.000000][   T12] m: count=1 WARNING BUG INFO: nothing\n", count: 50_000)
        let log = noise + ReportFixtures.log(ReportFixtures.nullPointer)
        #expect(classifier.classify(Array(log.utf8)).first?.function == "pacct_estimate")
    }

    @Test func keepsOfOneFindingOnlySoMuch() throws {
        let reports = (0..<100).map { "BUG: problem number\($0)x" }.joined(separator: "\n")
        let finding = try #require(
            classifier.classify(ReportFixtures.bytes(ReportFixtures.nullPointer + "\n" + reports)).first)
        #expect(finding.consequences.count == 32)
        #expect(finding.evidence.count <= 140)
    }
}
