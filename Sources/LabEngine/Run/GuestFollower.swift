// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Hypervisor

/// Listens to one guest: the channel, the console and the machine's events, against the clock.
///
/// It never talks back. What it takes is kept by the ``EvidenceCollector``, what it means is decided by the
/// ``GuestMonitor``; the actor only puts the three in one order.
actor GuestFollower {
    private static let tick = Duration.milliseconds(100)

    private let guest: Guest
    private let start: ContinuousClock.Instant
    private let runLimit: Duration?
    private let onStep: @Sendable (Int) -> Void

    private(set) var monitor: GuestMonitor
    private(set) var collector: EvidenceCollector
    /// When the console or the channel last said something.
    private var lastBytes: ContinuousClock.Instant
    private var writeError: (any Error)?
    /// The channel and the console, as long as there may be more to read.
    private var openTails = 2

    init(
        guest: Guest, monitor: GuestMonitor, collector: EvidenceCollector, start: ContinuousClock.Instant,
        runLimit: Duration?, onStep: @escaping @Sendable (Int) -> Void
    ) {
        self.guest = guest
        self.monitor = monitor
        self.collector = collector
        self.start = start
        self.runLimit = runLimit
        self.onStep = onStep
        lastBytes = start
    }

    /// Listens until the guest is over and what it had to say last has been heard.
    ///
    /// - Throws: When the run's folder cannot be written. Cancellation is an ending, not an error.
    func follow() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.followChannel() }
            group.addTask { await self.followConsole() }
            group.addTask { await self.followMachine() }
            await waitForEnd()
            await hearLastWords()
            group.cancelAll()
        }
        if let writeError { throw writeError }
    }

    // MARK: - sources

    private func followChannel() async {
        for await piece in guest.channel {
            lastBytes = .now
            switch piece {
            case .bytes(let bytes): takeChannel(bytes)
            case .omitted(let count): keeping { collector.omitChannel(count) }
            }
        }
        openTails -= 1
    }

    private func takeChannel(_ bytes: [UInt8]) {
        keeping {
            do {
                for event in try collector.take(bytes) {
                    monitor.receive(event, at: now)
                    if case .stepStarted(let index, _) = event { onStep(index) }
                }
            } catch let error as ContractError {
                monitor.end(.channelBroken(error))
            }
        }
    }

    private func followConsole() async {
        for await piece in guest.console {
            lastBytes = .now
            keeping {
                switch piece {
                case .bytes(let bytes): try collector.takeConsole(bytes)
                case .omitted(let count): try collector.omitConsole(count)
                }
            }
        }
        openTails -= 1
    }

    private func followMachine() async {
        for await event in guest.events {
            switch event {
            case .panicked: monitor.receive(.panicked)
            case .watchdogFired: monitor.receive(.watchdog)
            case .shutdownByGuest: await afterLastBytes { $0.receive(.poweredOff) }
            case .reset: await afterLastBytes { $0.receive(.reset) }
            case .qemuDied(let death): await afterLastBytes { $0.receive(.died("\(death)")) }
            case .started, .destroyed: break
            }
        }
    }

    /// The machine's end is heard before the last bytes it wrote have been read: a goodbye among them counts, however
    /// slow the host is. A tail ends once QEMU has, and all was read.
    private func afterLastBytes(_ change: (inout GuestMonitor) -> Void) async {
        let began = ContinuousClock.now
        while monitor.ending == nil, openTails > 0, began.duration(to: .now) < TimeLimits.lastBytes,
            !Task.isCancelled
        {
            try? await Task.sleep(for: .milliseconds(10))
        }
        change(&monitor)
    }

    /// Does something that may fail because the run's folder cannot be written, and remembers that.
    private func keeping(_ work: () throws -> Void) {
        do { try work() } catch { writeError = writeError ?? error }
        if let flood = collector.flood { monitor.end(.flooded(what: flood)) }
    }

    // MARK: - time

    private var now: Duration { start.duration(to: .now) }

    private func waitForEnd() async {
        while monitor.ending == nil && writeError == nil {
            if Task.isCancelled { return monitor.end(.cancelled) }
            monitor.timeout(at: now)
            if let runLimit, now > runLimit { monitor.runIsOver(at: now) }
            try? await Task.sleep(for: Self.tick)
        }
    }

    /// After a crash the console may still be on its way; a hung guest is made to say where it is.
    private func hearLastWords() async {
        switch monitor.ending {
        case .panicked:
            await quiet(for: TimeLimits.consoleQuiet, atMost: TimeLimits.consoleDrain)
            await letPanicFinish()
        case .reset, .poweredOff:
            await quiet(for: TimeLimits.consoleQuiet, atMost: TimeLimits.consoleDrain)
        case .hung, .neverBooted:
            // The watchdog may have stopped it.
            try? await guest.resume()
            // A processor that spins with interrupts off still takes this one, and the kernel panics on it.
            try? await guest.injectNMI()
            await firstWords(atMost: TimeLimits.backtraces * max(1, monitor.pace))
            lastBytes = .now
            await quiet(for: TimeLimits.backtraceQuiet, atMost: TimeLimits.backtraces)
            await letPanicFinish()
        default: break
        }
    }

    /// Before it says anything, a panicking kernel waits a second of its own time for CPUs that do not stop, and may
    /// have told the machine, which stops it.
    private func firstWords(atMost limit: Duration) async {
        let began = ContinuousClock.now
        let heard = collector.console.count
        while collector.console.count == heard, began.duration(to: .now) < limit, !Task.isCancelled {
            try? await guest.resume()
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// A panic within a non-maskable interrupt is reported to the machine, which stops the guest, before the kernel
    /// writes its messages to the console: go on until they are there.
    private func letPanicFinish() async {
        if collector.consoleHasPanic { return }
        try? await guest.resume()
        lastBytes = .now
        await quiet(for: TimeLimits.backtraceQuiet, atMost: TimeLimits.backtraces)
    }

    private func quiet(for silence: Duration, atMost limit: Duration) async {
        let began = ContinuousClock.now
        while lastBytes.duration(to: .now) < silence, began.duration(to: .now) < limit, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
