// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Mustache
import SystemPackage

/// A run as one HTML file that needs nothing else: `report.html` in its folder.
public struct HTMLReport: Sendable {
    /// The file's name.
    public static let name = "report.html"

    /// Most bytes of a page, whatever a guest did: the parts of ``RunPage/Limit``, and what is fixed.
    static let limit = 4 << 20

    private let template: MustacheTemplate

    /// - Throws: Never on what a guest wrote: only for a mistake in the template itself.
    public init() throws { template = try MustacheTemplate(string: RunPageTemplate.html) }

    /// The document.
    public func html(_ run: StoredRun) -> String { template.render(RunPage(run)) }

    /// Writes the page of a run that is over into its folder, whole or not at all.
    ///
    /// - Parameter roots: Where locations of findings may begin.
    /// - Throws: `LabError` when the folder cannot be read or written.
    public func write(_ folder: FilePath, roots: [FilePath], to file: FilePath? = nil) throws {
        let text = html(try StoredRun(folder: folder, roots: roots))
        let place = file ?? folder.appending(Self.name)
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: place.string), options: .atomic) } catch {
            throw LabError(
                .trouble, "The page \(place) cannot be written: \(error.localizedDescription)",
                remedy: "Make room, or name another place with --output.")
        }
    }
}
