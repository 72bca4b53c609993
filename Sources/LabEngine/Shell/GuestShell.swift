// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import Hypervisor
import SystemPackage

/// An interactive shell in a guest that is set up like that of a run.
///
/// The shell has a terminal of its own in the guest, `/dev/hvc0`; the serial console and the agent's channel do what
/// they do in a run. The guest ends with the shell, and nothing is kept of it.
struct GuestShell {
    let driver: RunDriver
    let request: RunRequest
    /// Whether the module under test is loaded before the shell starts.
    let loadsModule: Bool
    /// Called when the terminal becomes the guest's.
    let whenConnected: @Sendable () -> Void

    /// How a shell ended.
    enum Ending: Sendable {
        /// It was left: by its own end, or by the person.
        case left
        /// The guest crashed or hung; the last lines of its console.
        case crashed([String])
    }

    private static let limit = Duration.seconds(24 * 3600)
    private static let consoleLines = 40

    /// Boots the guest, and connects the terminal to its shell.
    ///
    /// - Throws: What a run's preparation and start may throw.
    func run(_ window: TerminalWindow) async throws -> Ending {
        let scenario = scenario(window)
        let place = try await driver.place(scenario, request)
        let materials = try await Preparation(
            home: driver.home, store: driver.store, progress: driver.progress
        )
        .materials(for: scenario, request: request, provenance: place.provenance)
        let temporary = FilePath(FileManager.default.temporaryDirectory.path)
            .appending("pacctlab-shell-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: temporary.string) }
        let folder = try RunFolder(
            results: temporary, scenario: scenario.name, variant: request.kernel.variant, seed: request.seed)
        let limits = TimeLimits(accelerator: place.accelerator, variant: request.kernel.variant)
        let job = try JobCompiler(
            underTest: materials.underTest, lab: materials.lab, limits: limits, provenance: place.provenance,
            cpus: request.cpus
        ).compile(scenario, seed: request.seed)
        var spec = RunDriver.spec(
            folder.id, materials, job: try job.write(folder: folder.job), limits: limits, place: place,
            request: request)
        spec.hasTerminal = true
        // It makes runs repeatable, which a person's are not, and would let a typist wait.
        spec.preload = nil
        let guest = try await driver.opened.get().makeGuest(spec)
        do {
            let ending = try await talk(guest, job, limits, folder)
            await guest.remove()
            return ending
        } catch {
            await guest.remove()
            throw error
        }
    }

    private func talk(
        _ guest: Guest, _ job: Job, _ limits: TimeLimits, _ folder: RunFolder
    ) async throws -> Ending {
        driver.progress.report(.phase("boot the guest"))
        let start = ContinuousClock.now
        try await guest.start(limit: TimeLimits.machineStart)
        let follower = GuestFollower(
            guest: guest, monitor: GuestMonitor(limits: limits, plan: job.plan),
            collector: EvidenceCollector(folder: folder), start: start, runLimit: nil
        ) { _ in }
        whenConnected()
        let bridge = try TerminalBridge(socket: guest.terminalSocket)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await follower.follow()
                return false
            }
            group.addTask {
                await bridge.run()
                return true
            }
            let personLeft = try await group.next() ?? true
            bridge.stop()
            // The terminal's end is seen before the agent's goodbye has been read: without that it looks like a crash.
            if personLeft, bridge.guestHasClosed { _ = try await group.next() }
            group.cancelAll()
            for try await _ in group {}
            if personLeft, !bridge.guestHasClosed { return .left }
            return await ending(follower)
        }
    }

    private func ending(_ follower: GuestFollower) async -> Ending {
        let ending = await follower.monitor.ending
        if ending == .goodbye || ending == .cancelled || ending == nil { return .left }
        let console = await follower.collector.console
        // What the crash begins with says most; the stacks of all CPUs that follow may be long.
        let crash = CrashClassifier().classify(Array(console.suffix(256 << 10))).first?.evidence
        let tail = String(decoding: console.suffix(64 << 10), as: UTF8.self).split(
            whereSeparator: \.isNewline
        ).suffix(Self.consoleLines).map(String.init)
        return .crashed((crash.map { Array($0.prefix(Self.consoleLines)) } ?? tail).map(\.printable))
    }

    private func scenario(_ window: TerminalWindow) -> Scenario {
        var steps: [Scenario.Step] = []
        if loadsModule {
            steps.append(
                .init(
                    name: "load module", limit: nil, always: false, action: .load(.underTest, parameters: ""))
            )
        }
        // A session's leader gets the first terminal that it opens as its own: job control and Ctrl-C work.
        let script = """
            exec </dev/hvc0 >/dev/hvc0 2>&1
            stty sane rows \(window.rows) columns \(window.columns)
            cd /root
            export HOME=/root TERM=\(window.kind) PS1='guest:\\w# '
            echo "modules are in /job; exit or Ctrl-] ends the guest"
            exec sh -i
            """
        steps.append(
            .init(
                name: "shell", limit: Self.limit, always: true,
                action: .run(["sh", "-c", script], environment: [:])))
        return Scenario(
            name: "shell", description: "An interactive shell.", tags: [], counters: .auto, steps: steps,
            expectations: .init(), isWatched: false)
    }
}
