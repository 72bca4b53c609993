// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Evidence
import Foundation
import LabEngine
import Reports

/// `pacctlab classify`: reads a log and says what is wrong in it.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify", abstract: "Find crashes in a kernel log or console log.",
        discussion: """
            Prints the findings as JSON: exit status 0 when there is none, 1 otherwise. With --jsonl, every input line \
            is {"id", "log"}, and every output line {"id", "crash", "class", "function", "title"}.
            Example: pacctlab classify results/*/console.log
            """)
    @Argument(help: "The log; - for standard input.") var file = "-"
    @Flag(help: "Read and write one JSON object a line.") var jsonl = false

    func run() throws {
        let bytes = try input()
        if jsonl { return try classifyLines(bytes) }
        let findings = CrashClassifier().classify([UInt8](bytes))
        Terminal.print([try findings.contractJSON()])
        if !findings.isEmpty { throw ExitStatus.failed.code }
    }

    private func input() throws -> Data {
        if file == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        do {
            return try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw LabError(
                .badInput, "The log \(file) cannot be read: \((error as NSError).localizedDescription)")
        }
    }

    private struct Input: Decodable {
        let id: String
        let log: String
    }

    private struct Output: Encodable {
        enum CodingKeys: String, CodingKey {
            case id, crash, function, title
            case crashClass = "class"
        }

        let id: String
        let crash: Bool
        let crashClass: String?
        let function: String?
        let title: String?
    }

    private func classifyLines(_ bytes: Data) throws {
        let decoder = JSONDecoder()
        let classifier = CrashClassifier()
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let input = try? decoder.decode(Input.self, from: Data(line)) else {
                throw LabError(
                    .badInput, "\(file):\(index + 1): this line is not a JSON object with \"id\" and \"log\"."
                )
            }
            let answer = classifier.classifyCorpus([UInt8](input.log.utf8))
            let output = Output(
                id: input.id, crash: answer.crash, crashClass: answer.crashClass?.rawValue,
                function: answer.function, title: answer.title)
            Terminal.print([try output.contractJSON(pretty: false)])
        }
    }
}
