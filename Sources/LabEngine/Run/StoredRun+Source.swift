// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import SystemPackage

extension StoredRun {
    private static let sourceLimit = 1 << 20
    private static let sourceContext = 5
    /// Places that are looked up: a page shows no more.
    private static let places = 400

    /// The source around each place that findings name. What is to blame comes first.
    static func sources(of findings: [Finding], roots: [FilePath]) -> [String: Source] {
        let stacks = findings.flatMap(\.frames).flatMap { $0.inlined.map(\.location) + [$0.location] }
        var sources: [String: Source] = [:]
        var seen: Set<String> = []
        for location in (findings.map(\.location) + stacks).compactMap(\.self)
        where seen.insert(location).inserted {
            guard seen.count <= places else { break }
            sources[location] = source(location, roots: roots)
        }
        return sources
    }

    /// The lines around a location `file:line`, where the file can be found.
    static func source(_ location: String, roots: [FilePath]) -> Source? {
        guard let colon = location.lastIndex(of: ":"),
            let line = Int(location[location.index(after: colon)...])
        else { return nil }
        let file = FilePath(String(location[..<colon]))
        // The location is from debug information, which may name any file: only sources are shown.
        guard !file.components.contains(where: { $0.kind != .regular }) else { return nil }
        for place in roots.map({ $0.pushing(file) }) {
            guard roots.contains(where: { place.starts(with: $0) }),
                let found = try? BoundedFile(place, limit: sourceLimit), !found.isCut
            else { continue }
            let lines = found.text.split(separator: "\n", omittingEmptySubsequences: false)
            guard (1...max(1, lines.count)).contains(line), !lines.isEmpty else { continue }
            let first = max(1, line - sourceContext)
            let last = min(lines.count, line + sourceContext)
            return Source(
                file: file.string, line: line, first: first, text: lines[(first - 1)..<last].map(String.init))
        }
        return nil
    }
}
