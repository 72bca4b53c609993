// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// What of a scenario a module under test cannot do, being another one than pacct_energy.
public struct ModuleFit: Sendable {
    private static let name = "pacct_energy"

    /// What the module says about itself; nil when its folder builds none.
    let info: ModuleInfo?

    /// Whether it keeps energy records as the lab knows them: it says so (`pacct_energy_abi` in `.modinfo`), or it is
    /// called as the module that does.
    var keepsRecords: Bool { info?.recordABI != nil || info?.name == Self.name }

    /// - Throws: ``LabError`` when the scenario needs what the module does not have.
    func check(_ scenario: Scenario) throws(LabError) {
        guard scenario.allNeeds.contains(.records), !keepsRecords else { return }
        throw LabError(
            .badInput,
            "The scenario \(scenario.name) needs energy records as pacct_energy keeps them, and the module"
                + " \(info?.name ?? "") does not say that it does.",
            remedy: "pacctlab scenario list shows those that work with any module. A module that has"
                + " /dev/pacct_energy says so with MODULE_INFO(pacct_energy_abi, \"3\").")
    }

    /// Whether the sources of a module look as if it kept records, for those who cannot wait until it is built: it says
    /// so, or has the name.
    public static func mayKeepRecords(sources folder: FilePath) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        return names.contains { file in
            guard ["Kbuild", "Makefile"].contains(file) || file.hasSuffix(".c"),
                let data = FileManager.default.contents(atPath: folder.appending(file).string)
            else { return false }
            let text = String(decoding: data, as: UTF8.self)
            return text.contains("\(name)_abi") || (!file.hasSuffix(".c") && text.contains("\(name).o"))
        }
    }

    /// The parameters that the module has, and the words that set others, which the kernel would only complain of.
    func parameters(_ text: String) -> (kept: String, left: [String]) {
        guard let info else { return (text, []) }
        let known = Set(info.parameters.map { Self.underscored($0.name) })
        var kept: [String] = []
        var left: [String] = []
        for word in Self.words(text) {
            let name = Self.underscored(String(word.prefix { $0 != "=" }))
            if known.contains(name) { kept.append(word) } else { left.append(word) }
        }
        return left.isEmpty ? (text, []) : (kept.joined(separator: " "), left)
    }

    /// To the kernel dashes and underscores of a parameter's name are the same (`parameqn()` in kernel/params.c).
    private static func underscored(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    /// Words between spaces that are not in double quotes, as `next_arg()` in lib/cmdline.c splits them.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character.isWhitespace, !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
