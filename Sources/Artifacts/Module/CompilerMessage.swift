// SPDX-License-Identifier: Apache-2.0

/// One diagnostic of the compiler.
public struct CompilerMessage: Sendable, Hashable, Codable, CustomStringConvertible {
    /// How bad it is, in gcc's words.
    public enum Severity: String, Sendable, Hashable, Codable {
        case error, warning, note
    }

    /// The file, as the user would type it: the module folder as given, then the path in it. A file that is
    /// not the module's (a kernel header) keeps the path the compiler printed.
    public let file: String
    /// Counted from 1.
    public let line: Int
    /// Counted from 1, in bytes; `nil` when the compiler gave none.
    public let column: Int?
    /// How bad it is.
    public let severity: Severity
    /// The text behind the severity.
    public let message: String

    /// `file:line:column: severity: message`, as gcc and clang print it.
    public var description: String {
        "\(file):\(line):\(column.map { "\($0):" } ?? "") \(severity.rawValue): \(message)"
    }

    /// Reads a line of the compiler's output in the format of gcc and clang
    /// (GNU Coding Standards, "Formatting Error Messages"); `nil` when it is something else.
    public init?(line text: String) {
        for severity in ["fatal error", "error", "warning", "note"] {
            guard let mark = text.firstRange(of: ": \(severity): ") else { continue }
            // Between the file and the mark: ":line" or ":line:column".
            var place = text[..<mark.lowerBound].split(separator: ":", omittingEmptySubsequences: false)[...]
            guard place.count >= 2, let last = place.popLast().flatMap({ Int($0) }) else { return nil }
            if place.count >= 2, let line = place.last.flatMap({ Int($0) }) {
                place = place.dropLast()
                (self.line, column) = (line, last)
            } else {
                (self.line, column) = (last, nil)
            }
            file = place.joined(separator: ":")
            // What is all digits would be a number too large to be one of a line.
            guard !file.isEmpty, !file.contains(" "), place.last?.allSatisfy(\.isNumber) == false else {
                return nil
            }
            self.severity = Severity(rawValue: severity) ?? .error
            message = String(text[mark.upperBound...])
            return
        }
        return nil
    }

    /// An error that names no column.
    init(file: String, line: Int, message: String) {
        self.file = file
        self.line = line
        column = nil
        severity = .error
        self.message = message
    }

    private init(copying other: CompilerMessage, file: String) {
        self.file = file
        (line, column, severity, message) = (other.line, other.column, other.severity, other.message)
    }

    /// The same message about a file of another name.
    func with(file: String) -> CompilerMessage { CompilerMessage(copying: self, file: file) }
}
