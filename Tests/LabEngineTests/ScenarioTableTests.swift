// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage
import Testing

@testable import LabEngine

/// The README's table of shipped scenarios is what `pacctlab scenario list` says.
@Suite("The table of scenarios in the README")
struct ScenarioTableTests {
    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    @Test("Each shipped scenario has its row, with its own words and tags, and what the module must have")
    func rows() throws {
        let library = ScenarioLibrary(home: LabHome(root: Self.root))
        let readme = try String(contentsOfFile: Self.root.appending("README.md").string, encoding: .utf8)
        let part = readme.components(separatedBy: "\n| shipped | what it is for | tags |\n")
        try #require(part.count == 2, "the README has the table once")
        let rows = part[1].components(separatedBy: "\n\n")[0].split(separator: "\n").dropFirst().map(
            String.init)
        let wanted = try ScenarioList(library, tags: []).scenarios.map { scenario in
            let tags = [scenario.tags.joined(separator: " ")] + scenario.needs
            return "| `\(scenario.name)` | \(scenario.description) | \(tags.joined(separator: " · ")) |"
        }
        #expect(rows.sorted() == wanted.sorted())
        #expect(wanted.count > 20)
    }
}
