// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The terminal that a person sits at: its size and kind.
public struct TerminalWindow: Sendable, Equatable {
    /// Lines.
    public var rows: Int
    /// Characters of a line.
    public var columns: Int
    /// As in TERM. Only a plain word: it becomes part of a script.
    public var kind: String

    /// Asks the terminal behind standard output; 24 lines of 80 where there is none.
    public init(environment: [String: String]) {
        var size = winsize()
        let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 && size.ws_col > 0
        rows = known ? Int(size.ws_row) : 24
        columns = known ? Int(size.ws_col) : 80
        let kind = environment["TERM"] ?? ""
        let isPlain =
            !kind.isEmpty && kind.utf8.count < 40
            && kind.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        self.kind = isPlain ? kind : "linux"
    }
}
