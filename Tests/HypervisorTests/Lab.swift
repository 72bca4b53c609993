// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import Hypervisor

/// The one hypervisor of this test process (libvirt's embedded driver can be had once), and a
/// folder for the tests' files.
actor Lab {
    static let shared = Lab()

    let folder = FilePath("/var/tmp/pt-\(getpid())")
    private var opening: Task<Hypervisor, any Error>?
    private var imageCount = 0

    /// The helper, which is built with the tests and lies beside them.
    static var helper: FilePath {
        get throws {
            var path = try FilePath(FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            path.removeLastComponent()
            let helper = path.appending("HypervisorHelper")
            if FileManager.default.isExecutableFile(atPath: helper.string) { return helper }
            // The testing tool runs the bundle from its own folder; the bundle's path is an argument.
            for argument in CommandLine.arguments {
                var path = FilePath(argument)
                while path.removeLastComponent(), !path.isEmpty {
                    let helper = path.appending("HypervisorHelper")
                    if FileManager.default.isExecutableFile(atPath: helper.string) { return helper }
                }
            }
            throw HypervisorError(
                .file, "HypervisorHelper is not beside the tests (\(CommandLine.arguments)).")
        }
    }

    /// Makes the folder.
    func prepare() throws {
        if FileSystem.exists(folder) { return }
        // The tests' end. libvirt may still be busy below it with guests that have just ended.
        atexit {
            let folder = FilePath("/var/tmp/pt-\(getpid())")
            for _ in 0..<40 where FileSystem.exists(folder) {
                try? FileSystem.remove(folder)
                BlockingThread.sleep(.milliseconds(50))
            }
        }
        try FileSystem.makeFolder(folder, mode: 0o755, mayExist: true)
    }

    /// Opened at the first call. Nobody closes it: the process ends, and its guardian cleans up.
    func hypervisor() async throws -> Hypervisor {
        if let opening { return try await opening.value }
        let task = Task {
            try prepare()
            return try await Hypervisor.open(
                .init(
                    cacheDirectory: folder.appending("cache"), temporaryDirectory: folder,
                    guardian: .program(Lab.helper)))
        }
        opening = task
        return try await task.value
    }

    /// Writes a guest to a file of its own.
    func image(_ build: (inout BootCode) -> Void) throws -> FilePath {
        try prepare()
        imageCount += 1
        let path = folder.appending("image-\(imageCount)")
        var code = BootCode()
        build(&code)
        try FileSystem.write(code.image, to: path)
        return path
    }

    /// Makes a small guest that runs `build`'s instructions.
    func guest(
        _ name: String, cap: Int64 = 1 << 20, change: (inout GuestSpec) -> Void = { _ in },
        _ build: (inout BootCode) -> Void
    ) async throws -> Guest {
        var spec = GuestSpec(
            name: name, kernel: try image(build), initrd: [], commandLine: "", cpus: 1, memoryMiB: 32,
            consoleCap: cap, channelCap: 1 << 20)
        change(&spec)
        return try await hypervisor().makeGuest(spec)
    }
}

/// More than anything here takes on a busy machine.
let startLimit = Duration.seconds(90)

extension Guest {
    /// Follows the events to the end.
    func follow() async -> [MachineEvent] { await follow { _ in } }

    /// Follows the events to the end; `each` sees them as they come.
    func follow(_ each: (MachineEvent) async throws -> Void) async rethrows -> [MachineEvent] {
        var result: [MachineEvent] = []
        for await event in events {
            result.append(event)
            try await each(event)
        }
        return result
    }
}

extension FileTail {
    /// Reads to the end: the bytes, and how many were left out.
    func readAll() async -> (text: String, omitted: UInt64) {
        var bytes: [UInt8] = []
        var omitted: UInt64 = 0
        for await element in self {
            switch element {
            case .bytes(let more): bytes += more
            case .omitted(let count): omitted += count
            }
        }
        return (String(decoding: bytes, as: UTF8.self), omitted)
    }

    /// Reads until the text has come.
    func read(until text: String) async -> Bool {
        var seen = ""
        for await case .bytes(let more) in self {
            seen += String(decoding: more, as: UTF8.self)
            if seen.contains(text) { return true }
        }
        return false
    }
}

/// Whether a process is there and not a zombie.
func isAlive(_ pid: Int32) -> Bool {
    guard let entry = ProcessEntry.read(pid) else { return false }
    return entry.state != "Z"
}

/// Asks again and again; `false` when it did not come true within a minute.
func eventually(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<1200 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return condition()
}
