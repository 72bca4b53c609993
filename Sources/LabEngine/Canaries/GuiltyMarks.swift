// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Where the lines to blame are: each carries a comment `/* guilty: NAME */`, or follows one that has a line to
/// itself, so that editing the file above it does not make the expectation wrong.
struct GuiltyMarks: Sendable, Equatable {
    /// `file:line` by the canary's name, the file relative to the module's folder.
    private var places: [String: Set<String>] = [:]

    /// Reads the marks in the C files of a folder.
    ///
    /// - Throws: ``LabError`` when the folder cannot be read.
    init(folder: FilePath) throws(LabError) {
        do {
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
            where file.hasSuffix(".c") || file.hasSuffix(".h") {
                let text = try String(contentsOfFile: folder.appending(file).string, encoding: .utf8)
                read(text, file: file)
            }
        } catch {
            throw LabError(
                .badInput, "The sources of the canaries cannot be read: \(error.localizedDescription)",
                remedy: "They belong to the checkout, below \(folder).")
        }
    }

    /// Reads the marks of one file.
    init(text: String, file: String) { read(text, file: file) }

    /// `file:line` of every line that may be blamed for a canary: any of them is right.
    func places(of canary: String) -> Set<String> { places[canary] ?? [] }

    /// The names that are marked somewhere.
    var names: Set<String> { Set(places.keys) }

    private mutating func read(_ text: String, file: String) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let mark = line.firstRange(of: "/* guilty: "),
                let end = line[mark.upperBound...].firstRange(of: " */")
            else { continue }
            let isAlone = line[..<mark.lowerBound].allSatisfy(\.isWhitespace)
            // A line may be to blame for several.
            for name in line[mark.upperBound..<end.lowerBound].split(separator: " ") {
                places[String(name), default: []].insert("\(file):\(index + (isAlone ? 2 : 1))")
            }
        }
    }
}
