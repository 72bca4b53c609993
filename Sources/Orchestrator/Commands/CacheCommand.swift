// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import Reports

/// `pacctlab cache`: what the artifact cache holds, and how to make it smaller.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "List and prune the cache of built artifacts.",
        discussion: """
            The cache is $XDG_CACHE_HOME/pacctlab (by default ~/.cache/pacctlab). It can be deleted at any time when \
            no pacctlab runs; the next run builds what it needs.
            """,
        subcommands: [List.self, Prune.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the artifacts, last used first.")
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let store = try ArtifactStore(paths: LabPaths())
            let entries = try store.list()
            if json { return Terminal.print([try entries.contractJSON()]) }
            var table = TextTable(header: ["kind", "size", "last used", "key", "what"], rightAligned: [1])
            for entry in entries {
                table.add([
                    entry.kind, CacheCommand.size(entry.bytes), CacheCommand.date(entry.lastUsed),
                    String(entry.key.prefix(12)), entry.description,
                ])
            }
            let total = entries.reduce(0) { $0 + $1.bytes }
            Terminal.print(
                table.lines(indent: "") + [
                    "", "\(entries.count) artifacts, \(CacheCommand.size(total)) in \(store.root)",
                ])
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove artifacts that nothing uses at the moment.",
            discussion: "Example: pacctlab cache prune --days 14")
        @Flag(help: "Remove everything.") var all = false
        @Option(help: "Remove what was not used for this many days.") var days: Int?
        @Option(help: "Keep this many artifacts of each kind, the last used ones.") var keep: Int?

        func validate() throws {
            guard [all, days != nil, keep != nil].filter(\.self).count == 1 else {
                throw ValidationError("Say what to remove: --all, --days N or --keep N.")
            }
            guard (days ?? 0) >= 0, (keep ?? 0) >= 0 else { throw ValidationError("N cannot be negative.") }
        }

        func run() async throws {
            let policy: PrunePolicy =
                if let days { .olderThan(.seconds(86400 * days)) } else if let keep { .keepNewest(keep) } else
                { .all }
            let report = try ArtifactStore(paths: LabPaths()).prune(policy)
            Terminal.print(
                report.inUse.map { "in use, kept: \($0.description)" }
                    + [
                        "removed \(report.removed.count) artifacts, \(CacheCommand.size(report.bytesFreed)) set free"
                    ])
        }
    }

    private static func size(_ bytes: Int64) -> String {
        bytes < 10 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
    }

    private static func date(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }
}
