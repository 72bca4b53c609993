// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// How source files are named to people and editors: as short as it is still unambiguous from where they are.
struct ShownPaths: Sendable {
    let working: FilePath
    let home: FilePath

    init(home: LabHome, working: String = FileManager.default.currentDirectoryPath) {
        self.working = FilePath(working)
        self.home = home.root
    }

    /// Relative to the working folder, or to the checkout (`kmod/pacct_energy/hooks.c`), or absolute.
    func shown(_ path: FilePath) -> String {
        let path = path.lexicallyNormalized()
        for base in [working, home] {
            var rest = path
            if rest.removePrefix(base.lexicallyNormalized()), !rest.isEmpty { return rest.string }
        }
        return path.string
    }
}
