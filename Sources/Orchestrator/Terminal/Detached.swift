// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import RunStore
import SystemPackage

/// A campaign's process that outlives the terminal.
enum Detached {
    private static let patience = 100
    private static let poll = Duration.milliseconds(100)
    static let logName = "soak.log"

    /// Begins it: a session of its own, which writes to the campaign's log.
    ///
    /// - Parameter options: Of `pacctlab soak resume`, besides the campaign.
    /// - Throws: ``LabError`` when it does not begin its work.
    static func start(_ campaign: StoredCampaign, _ options: [String], library: SoakLibrary) async throws {
        let path = FilePath(campaign.directory).appending(logName)
        let log = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .append, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead])
        defer { try? log.close() }
        let child = Process()
        child.executableURL = URL(filePath: "/usr/bin/env")
        // The shell's job control, and a terminal that is closed, reach only their own session.
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        child.arguments = ["setsid", "--", executable, "soak", "resume", campaign.id] + options
        child.standardInput = FileHandle.nullDevice
        child.standardOutput = FileHandle(fileDescriptor: log.rawValue, closeOnDealloc: false)
        child.standardError = child.standardOutput
        do { try child.run() } catch {
            throw LabError(.trouble, "The campaign's process cannot be started: \(error)")
        }
        for _ in 0..<patience {
            if try library.lock(campaign) == nil { return }
            guard child.isRunning else { break }
            try await Task.sleep(for: poll)
        }
        throw LabError(
            .trouble, "The campaign \(campaign.id) did not begin its work.",
            remedy: "\(path) says why; pacctlab soak resume \(campaign.id) goes on.")
    }
}
