// SPDX-License-Identifier: Apache-2.0

/// What happens to a guest's machine. The stream ends once QEMU is gone.
public enum MachineEvent: Sendable, Hashable {
    /// QEMU runs, and so does the guest.
    case started(qemuPID: Int32)
    /// The guest's kernel panicked and said so; its CPUs are stopped, its memory can be dumped.
    case panicked
    /// The guest's hardware watchdog ran out; its CPUs are stopped.
    case watchdogFired
    /// The guest switched itself off. QEMU ends.
    case shutdownByGuest
    /// The guest reset itself, or all was lost in a triple fault. QEMU ends: guests never boot twice.
    case reset
    /// QEMU ended, and neither the guest nor we had asked for it. Comes last.
    case qemuDied(QEMUDeath)
    /// ``Guest/destroy(limit:)`` ended the guest. Comes last.
    case destroyed
}

/// How QEMU ended when it should not have.
public struct QEMUDeath: Sendable, Hashable, CustomStringConvertible {
    /// How its process ended.
    public let status: ExitStatus
    /// The end of what QEMU itself printed, at most 4 KiB. May be empty.
    public let log: String

    /// Makes a death; see the properties of the same names.
    public init(status: ExitStatus, log: String) {
        self.status = status
        self.log = log
    }

    /// Full sentences.
    public var description: String {
        let last =
            log.split(whereSeparator: \.isNewline).last.map { " The last thing it printed: \($0)" } ?? ""
        let hint =
            status == .signalled(9)
            ? " Often this is the kernel running out of memory: `dmesg` tells." : ""
        return "QEMU \(status) while the guest ran.\(hint)\(last)"
    }
}

/// Turns what libvirt and the kernel tell about a guest into its events, in order and once each.
/// Pure: the guest feeds it and hands on what comes out.
struct MachineHistory: Sendable {
    private enum Cause { case guest, us }

    private(set) var hasEnded = false
    private var cause: Cause?
    private var seen: Set<MachineEvent> = []
    /// How QEMU ended, known before libvirt has noticed.
    private(set) var death: ExitStatus?

    /// Whether it is known why QEMU ends, or will.
    var isEndExplained: Bool { cause != nil }

    /// We are about to end the guest.
    mutating func destroyRequested() { if cause == nil { cause = .us } }

    mutating func receive(_ event: LibvirtEvent) -> [MachineEvent] {
        guard !hasEnded else { return [] }
        switch event {
        case .crashed: return once(.panicked)
        case .monitor("GUEST_PANICKED", _): return once(.panicked)
        case .monitor("WATCHDOG", _): return once(.watchdogFired)
        case .monitor("RESET", let data) where data.contains("\"guest\":true"): return once(.reset)
        case .monitor("SHUTDOWN", let data):
            // Reasons of QEMU's own (host-signal, host-qmp-quit, ...) are not the guest's doing.
            // See ShutdownCause in QEMU's qapi/run-state.json.
            let event: MachineEvent? =
                if data.contains("\"reason\":\"guest-shutdown\"") {
                    .shutdownByGuest
                } else if data.contains("\"reason\":\"guest-reset\"") { .reset } else { nil }
            guard let event else { return [] }
            if cause == nil { cause = .guest }
            return once(event)
        case .monitor, .stopped: return []
        }
    }

    /// QEMU's process is gone. Its last events may still be on their way through libvirt.
    mutating func processEnded(_ status: ExitStatus) { death = death ?? status }

    /// Nothing more will come: what the last event is.
    mutating func end(log: String) -> [MachineEvent] {
        guard !hasEnded else { return [] }
        hasEnded = true
        return switch cause {
        case .guest: []
        case .us: [.destroyed]
        case nil: [.qemuDied(QEMUDeath(status: death ?? .unknown, log: log))]
        }
    }

    private mutating func once(_ event: MachineEvent) -> [MachineEvent] {
        seen.insert(event).inserted ? [event] : []
    }
}
