// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// What `images/gdb/live.py` is told, and the command that starts gdb with it.
struct GdbSession: Encodable {
    /// Where to stop, in the script's words.
    struct Moment: Encodable {
        var kind: String
        var symbol: String?
        var nanoseconds: UInt64?
        var place: CrashPlace?
        /// How often to pass the place before.
        var ignore = 0
    }

    var socket: String
    /// Files by the modules' names.
    var modules: [String: String]
    /// Where sources were when they were compiled, and where they are.
    var sources: [[String]]
    var moment: Moment
    /// Where a count goes.
    var answer: String

    private static let fileName = "session.json"
    /// Read by the script.
    static let variable = "PACCTLAB_GDB"

    /// Writes what the script is told.
    ///
    /// - Returns: The file.
    func write(in folder: FilePath) throws -> FilePath {
        let file = folder.appending(Self.fileName)
        try Data(contractJSON().utf8).write(to: URL(fileURLWithPath: file.string))
        return file
    }

    /// gdb's arguments.
    ///
    /// - Parameters:
    ///   - commands: For gdb, once it is there; with any, there is no prompt.
    ///   - isSilent: Whether gdb says nothing about itself, and takes no commands of the user's start-up files.
    static func arguments(
        vmlinux: FilePath, script: FilePath, commands: [String], isSilent: Bool = false
    ) -> [String] {
        var arguments = isSilent ? ["-nx"] : []
        if isSilent || !commands.isEmpty { arguments.append("-batch") }
        arguments += ["-q", vmlinux.string, "-x", script.string]
        return arguments + commands.flatMap { ["-ex", $0] }
    }
}

extension GdbSession.Moment {
    init(_ moment: ReplayMoment, ignoring ignore: Int = 0) {
        switch moment {
        case .start: self.init(kind: "start")
        case .symbol(let name): self.init(kind: "symbol", symbol: name)
        case .time(let time): self.init(kind: "time", nanoseconds: time.nanoseconds)
        case .crash(let place): self.init(kind: "crash", place: place, ignore: ignore)
        }
    }

    /// Counts how often the place is passed until the kernel reports.
    static func count(_ place: CrashPlace) -> GdbSession.Moment { .init(kind: "count", place: place) }
}
