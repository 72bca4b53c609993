// SPDX-License-Identifier: Apache-2.0

/// Why the lab could not do something, in sentences for the person who asked for it.
public struct LabError: Error, Sendable, CustomStringConvertible {
    /// Who has to act.
    public enum Code: Sendable, Equatable {
        /// What was asked for makes no sense: exit status 2.
        case badInput
        /// The lab or the host is in trouble: the verdict is inconclusive, exit status 3.
        case trouble
    }

    /// Who has to act.
    public let code: Code
    /// What happened, in full sentences.
    public let message: String
    /// What to do next.
    public let remedy: String?

    /// An error.
    public init(_ code: Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// Message and remedy.
    public var description: String { [message, remedy].compactMap(\.self).joined(separator: " ") }
}
