// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Why something could not be built, fetched or cached.
///
/// The description is made of full sentences: what was being done, to what, why it failed,
/// and what the user can do next.
public struct ArtifactError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure this is, with what a caller needs to act on it.
    public enum Code: Sendable, Hashable {
        /// A file, folder or name that must exist does not.
        case notFound
        /// An input file says something it must not.
        case invalidInput
        /// A program that is needed is not installed.
        case programMissing(String)
        /// A program ended with a failure; `output` is the bounded end of what it printed.
        case commandFailed(status: String, output: String)
        /// A download or a file has another SHA-256 than the one asked for (lower-case hex).
        case wrongChecksum(expected: String, actual: String)
        /// A kernel tree is of another version than the lab supports: the lab cannot answer.
        case wrongVersion(found: String, wanted: String)
        /// A kernel tree does not export a symbol the module needs; a private copy would.
        case missingExport(symbol: String)
        /// Kernel options asked for that are not in the final configuration.
        case optionsRefused([RefusedOption])
        /// The module under test does not compile.
        case compileFailed(lines: [CompilerMessage], log: String)
        /// The module under test uses symbols that the kernel does not export to it.
        case missingSymbols([String], log: String)
        /// No space is left on a file system.
        case diskFull(fileSystem: String)
        /// The operating system refused; the value is the `errno`.
        case system(CInt)
    }

    /// What kind of failure this is.
    public let code: Code
    /// What was being done, as in "unpack the kernel source".
    public let action: String
    /// What it was being done to: a path, an address, a name.
    public let subject: String
    /// Why it failed: one or more full sentences.
    public let reason: String
    /// What to do next: one or more full sentences.
    public let remedy: String?

    /// Makes an error; see the properties of the same names.
    public init(
        _ code: Code, action: String, subject: String, reason: String, remedy: String? = nil
    ) {
        self.code = code
        self.action = action
        self.subject = subject
        self.reason = reason
        self.remedy = remedy
    }

    /// Everything in full sentences.
    public var description: String {
        var text = "Could not \(action)"
        if !subject.isEmpty { text += " (\(subject))" }
        text += ". " + reason
        if let remedy { text += " " + remedy }
        return text
    }

    /// Whether the failure is the module author's to fix, as opposed to the lab's own trouble.
    public var isModuleFault: Bool {
        switch code {
        case .compileFailed, .missingSymbols: true
        default: false
        }
    }
}

/// A kernel option that a fragment asks for and the final `.config` does not have.
public struct RefusedOption: Sendable, Hashable, CustomStringConvertible {
    /// The line as asked for, as in `CONFIG_KASAN=y`.
    public let wanted: String
    /// What `.config` has instead, or `nil` when it does not know the option at all.
    public let found: String?
    /// The fragment that asks for it.
    public let fragment: FilePath

    /// One line for a list.
    public var description: String {
        "\(wanted) (asked for in \(fragment)), but .config has \(found ?? "no such option")"
    }
}
