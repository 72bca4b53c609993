// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// What standard output and standard error are connected to.
enum Terminal {
    /// Whether a person watches standard error, where progress goes.
    static var progressIsVisible: Bool { isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb" }

    /// Whether standard output may be coloured: a terminal, and no wish to the contrary
    /// (no-color.org: any value that is not empty counts).
    static var colour: Bool { isatty(STDOUT_FILENO) == 1 && wantsColour }

    /// Whether standard error may be coloured.
    static var errorColour: Bool { isatty(STDERR_FILENO) == 1 && wantsColour }

    /// Columns of the terminal behind standard error, 80 when it does not say.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static let lost = Atomic(false)

    /// Whether something was for standard output that it did not take, as on a full disk: then nobody has the answer, and
    /// the exit status must not say that it is a good one.
    static var outputIsLost: Bool { lost.load(ordering: .relaxed) }

    /// Writes lines to standard output.
    static func print(_ lines: [String]) {
        let text = Data((lines.joined(separator: "\n") + "\n").utf8)
        do { try FileHandle.standardOutput.write(contentsOf: text) } catch {
            lost.store(true, ordering: .relaxed)
        }
    }

    /// Writes text to standard error as it is. Progress that nobody can see is no reason to end.
    static func printError(_ text: String) { try? writeError(text) }

    /// Writes text to standard error that somebody waits for.
    static func writeError(_ text: String) throws {
        try FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    private static var wantsColour: Bool {
        environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }
}
