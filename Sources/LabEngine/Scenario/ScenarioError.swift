// SPDX-License-Identifier: Apache-2.0

/// A scenario file that cannot be used: where, what is wrong, what was expected.
public struct ScenarioError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file as it was named.
    public var file: String
    /// Line from 1; 0 when it concerns the whole file.
    public var line: Int
    /// Column from 1, in Unicode scalars.
    public var column: Int
    /// What is wrong and what was expected.
    public var message: String

    /// `file:line:column: message`, the form that editors jump to.
    public var description: String {
        line > 0 ? "\(file):\(line):\(column): \(message)" : "\(file): \(message)"
    }
}
