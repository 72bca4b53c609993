// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// How paths of the private copy become paths as the user would type them.
enum ModulePaths {
    /// Marks a path as relative to the module's folder while it is stored.
    private static let mark = "./"

    /// A message of a compiler that ran in `copy`, made relative to the module's folder. What is elsewhere stays.
    static func relative(_ message: CompilerMessage, copy: ModuleCopy) -> CompilerMessage {
        let file = FilePath(message.file)
        // kbuild compiles in the module's folder: a relative path is one of the module's.
        let full = (file.isAbsolute ? file : copy.path.pushing(file)).lexicallyNormalized()
        guard full.starts(with: copy.top) else { return message }
        var module = copy.path
        var steps = ""
        while !full.starts(with: module) {
            module.removeLastComponent()
            steps += "../"
        }
        var rest = full
        _ = rest.removePrefix(module)
        return message.with(file: mark + steps + rest.string)
    }

    /// The message as the user would name the file.
    static func shown(_ message: CompilerMessage, folder: FilePath) -> CompilerMessage {
        guard message.file.hasPrefix(mark) else { return message }
        let file = folder.appending(String(message.file.dropFirst(mark.count)))
        return message.with(file: file.lexicallyNormalized().string)
    }
}
