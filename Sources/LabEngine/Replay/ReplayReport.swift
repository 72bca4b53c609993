// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Whether a run that was done again was the same: the document that `pacctlab replay --json` prints.
public struct ReplayReport: Sendable, Codable {
    /// A file of both runs' folders.
    public struct File: Sendable, Codable {
        /// Its name.
        public var name: String
        /// Whether both have the same bytes, or both have no such file.
        public var isIdentical: Bool
        /// Its size in the first run; nil when it has none.
        public var bytes: Int?
        /// Where they begin to differ; nil when they do not, or one of them is not there.
        public var difference: LineDifference?
    }

    /// `passed`: identical. `failed`: different. `inconclusive`: the second run had no answer.
    public var verdict: Verdict
    /// Why it is inconclusive; nil otherwise.
    public var reason: String?
    /// The folder of the first run.
    public var original: String
    /// Whether both found the same, by signature.
    public var sameFindings: Bool
    /// What was compared.
    public var files: [File]
    /// The second run.
    public var run: RunReport

    /// What both runs' folders have of the guest, byte for byte.
    static let names = ["console.log", "kernel.log", "ledger.jsonl", "energy.jsonl"]

    init(_ past: PastRun, _ run: RunReport) {
        original = past.folder.string
        self.run = run
        let again = FilePath(run.directory)
        files = Self.names.map { File(name: $0, first: past.folder, second: again) }
        sameFindings = past.report.findings.map(\.signature) == run.findings.map(\.signature)
        if files.allSatisfy(\.isIdentical) && files.contains(where: { $0.bytes != nil }) {
            verdict = sameFindings ? .passed : .failed
        } else if run.verdict == .inconclusive {
            verdict = .inconclusive
            reason = run.reason
        } else {
            verdict = .failed
        }
    }
}

extension ReplayReport.File {
    init(name: String, first: FilePath, second: FilePath) {
        self.name = name
        let one = FileManager.default.contents(atPath: first.appending(name).string)
        let other = FileManager.default.contents(atPath: second.appending(name).string)
        bytes = one?.count
        isIdentical = one == other
        if let one, let other { difference = LineDifference.between(one, other) }
    }
}
