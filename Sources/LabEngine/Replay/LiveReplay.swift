// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import Hypervisor
import Subprocess
import SystemPackage

/// How a replay in gdb ended.
public struct DebuggedReplay: Sendable {
    /// gdb's exit status.
    public var status: Int32
    /// Where the console of this guest begins to differ from that of the past run; nil when what there is of it is
    /// the same.
    public var difference: LineDifference?
    /// Bytes of the console that there are.
    public var consoleBytes: Int
}

/// A past run once more, with gdb on the guest.
///
/// QEMU's translator knows breakpoints: nothing is written into the guest for them, and while it stands still so does
/// its clock. What a person looks at is the run itself, as often as they like. No limit of time holds for it: the
/// guest ends with gdb.
struct LiveReplay: Sendable {
    let driver: RunDriver
    let past: PastRun
    let moment: ReplayMoment
    /// For gdb once it is there; with any, there is no prompt.
    let commands: [String]
    /// Called when gdb takes the terminal, and when it gives it back.
    let whenTerminalIsTaken: @Sendable (Bool) -> Void

    /// For a gdb that nobody sits before, host time: a guest that crashed may spin for ever.
    private static let limit = Duration.seconds(600)

    /// Runs gdb to its end.
    ///
    /// - Throws: ``LabError`` when the run cannot be done again, or gdb not started.
    func run() async throws -> DebuggedReplay {
        guard HostProgram.find("gdb") != nil else {
            throw LabError(.trouble, "gdb is not installed.", remedy: "Install it: apt install gdb")
        }
        let request = past.request(results: past.folder)
        let prepared = try await driver.prepared(like: past, request)
        let folder = try TemporaryFolder()
        var ignore = 0
        if case .crash(let place?) = moment {
            driver.progress.report(.phase("find the moment before the crash"))
            ignore = max(0, try await passes(of: place, prepared, request, folder.path) - 1)
        }
        driver.progress.report(.phase("restore the guest for gdb"))
        return try await withGuest(prepared, request) { guest in
            let session = session(.init(moment, ignoring: ignore), guest, prepared.materials, folder.path)
            whenTerminalIsTaken(true)
            defer { whenTerminalIsTaken(false) }
            let arguments = GdbSession.arguments(
                vmlinux: prepared.materials.kernel.vmlinux, script: script, commands: commands)
            let file = try session.write(in: folder.path)
            let work = { @Sendable in try await gdb(arguments, file, isSilent: false) }
            let status = commands.isEmpty ? try await work() : try await limited(work)
            // Whatever gdb left running must not go on while its console is read.
            try? await guest.destroy()
            return ending(status, console: guest.console.path)
        }
    }

    // MARK: - parts

    /// How often the guest passes an instruction before the kernel reports something.
    private func passes(
        of place: CrashPlace, _ prepared: PreparedRuns, _ request: RunRequest, _ folder: FilePath
    ) async throws -> Int {
        struct Answer: Decodable { let passed: Int }
        let answer = folder.appending("answer.json")
        try await withGuest(prepared, request) { guest in
            let session = session(.count(place), guest, prepared.materials, folder)
            let arguments = GdbSession.arguments(
                vmlinux: prepared.materials.kernel.vmlinux, script: script, commands: [], isSilent: true)
            let file = try session.write(in: folder)
            _ = try await limited { try await gdb(arguments, file, isSilent: true) }
        }
        guard let data = FileManager.default.contents(atPath: answer.string) else {
            throw LabError(
                .trouble,
                "The guest did not get to its crash again, \(place.symbol)+0x\(String(place.offset, radix: 16)).",
                remedy:
                    "pacctlab replay without --gdb shows where the runs differ; --at and --at-time stop elsewhere."
            )
        }
        return try JSONDecoder().decode(Answer.self, from: data).passed
    }

    private func withGuest<Output>(
        _ prepared: PreparedRuns, _ request: RunRequest, _ work: (Guest) async throws -> Output
    ) async throws -> Output {
        let limits = TimeLimits(accelerator: prepared.place.accelerator, variant: request.kernel.variant)
        var spec = RunDriver.spec(
            "gdb", prepared.materials, job: try past.job.content(), limits: limits, place: prepared.place,
            request: request)
        spec.hasDebugger = true
        if let saved = prepared.saved { spec.origin = .restore(saved.snapshot) }
        let guest = try await driver.opened.get().makeGuest(spec)
        do {
            try await guest.load(limit: TimeLimits.machineStart)
            let output = try await work(guest)
            await guest.remove()
            return output
        } catch {
            await guest.remove()
            throw error
        }
    }

    /// Does the work, and ends it when it takes too long.
    private func limited(_ work: @escaping @Sendable () async throws -> Int32) async throws -> Int32 {
        try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: Self.limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let status = try await group.next() ?? nil else {
                throw LabError(
                    .trouble, "gdb was still busy after \(Self.limit.text), and was ended.",
                    remedy: "A guest that has panicked spins for ever: let the commands stop before that.")
            }
            return status
        }
    }

    private var script: FilePath { driver.home.debuggerScripts.appending("live.py") }

    private func session(
        _ moment: GdbSession.Moment, _ guest: Guest, _ materials: Materials, _ folder: FilePath
    ) -> GdbSession {
        let modules = materials.allModules.map { ($0.name, $0.path.string) }
        let sources = ([materials.underTest] + materials.labModules).map {
            [$0.compiledIn.string, $0.folder.string]
        }
        return GdbSession(
            socket: guest.debuggerSocket.string,
            modules: Dictionary(modules, uniquingKeysWith: { first, _ in first }), sources: sources,
            moment: moment, answer: folder.appending("answer.json").string)
    }

    private func gdb(_ arguments: [String], _ session: FilePath, isSilent: Bool) async throws -> Int32 {
        let environment = Environment.inherit.updating([
            .init(stringLiteral: GdbSession.variable): session.string
        ])
        let status =
            if isSilent {
                try await Subprocess.run(
                    .name("gdb"), arguments: Arguments(arguments), environment: environment, input: .none,
                    output: .discarded, error: .discarded
                ).terminationStatus
            } else {
                try await Subprocess.run(
                    .name("gdb"), arguments: Arguments(arguments), environment: environment,
                    input: .fileDescriptor(.standardInput, closeAfterSpawningProcess: false),
                    output: .fileDescriptor(.standardOutput, closeAfterSpawningProcess: false),
                    error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
                ).terminationStatus
            }
        try Task.checkCancellation()
        return switch status {
        case .exited(let code): code
        case .signaled(let number): 128 + number
        }
    }

    private func ending(_ status: Int32, console: FilePath) -> DebuggedReplay {
        let now = FileManager.default.contents(atPath: console.string) ?? Data()
        let then = FileManager.default.contents(atPath: past.folder.appending("console.log").string) ?? Data()
        return DebuggedReplay(
            status: status, difference: LineDifference.between(then.prefix(now.count), now),
            consoleBytes: now.count)
    }

    /// For files that nobody else may read; removed with the value.
    private final class TemporaryFolder {
        let path: FilePath

        init() throws {
            path = FilePath(FileManager.default.temporaryDirectory.path)
                .appending("pacctlab-gdb-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                atPath: path.string, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
        }

        deinit { try? FileManager.default.removeItem(atPath: path.string) }
    }
}
