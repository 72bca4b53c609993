// SPDX-License-Identifier: Apache-2.0

/// Every time limit of a run, from one place.
///
/// A step's limit is written for an unhurried release guest. Two scales apply: a variant with checks
/// in it needs more of the *guest's* time for the same work, and an accelerator needs more of the
/// *host's* time for the same guest time. The agent ends a step by the guest's clock; the host's
/// limit behind it only exists for a guest that cannot end anything any more, and stretches when the
/// guest is seen to run slowly, so that a busy host is never mistaken for a hung guest.
public struct TimeLimits: Sendable, Equatable {
    /// What runs the guest.
    public let accelerator: Accelerator
    /// The kernel's variant.
    public let variant: String

    /// Limits for one kind of guest.
    public init(accelerator: Accelerator, variant: String) {
        self.accelerator = accelerator
        self.variant = variant
    }

    /// Under TCG an instruction takes 2^3 ns of the guest's time: 125 million a second. That is about what QEMU's
    /// translator does on today's hosts, so that three seconds of stress cost two or three of the host's.
    static let instructionShift = 3
    /// Limit of a step that names none, before scaling.
    static let defaultStep = Duration.seconds(60)
    /// From a panic, reset or power-off to the end of its messages on the console: the console
    /// must have been quiet for this long.
    static let consoleQuiet = Duration.milliseconds(250)
    /// From QEMU's end to the last byte it wrote having been read, host time.
    static let lastBytes = Duration.seconds(30)
    /// Longest wait for that quiet.
    static let consoleDrain = Duration.seconds(4)
    /// From the non-maskable interrupt sent to a hung guest to the end of its backtraces.
    static let backtraces = Duration.seconds(10)
    /// Quiet of the console that ends the wait for backtraces: a debug kernel takes its time for a stack.
    static let backtraceQuiet = Duration.seconds(2)
    /// Time between two heartbeats, in the guest.
    static let heartbeat = Duration.seconds(1)
    /// For libvirt to start QEMU, host time.
    static let machineStart = Duration.seconds(60)
    /// For libvirt to end QEMU, host time; it is killed afterwards.
    static let machineEnd = Duration.seconds(15)

    /// How much longer the same work takes by the guest's clock.
    var guestScale: Double {
        switch variant {
        case "debug": 4
        case "kcsan": 6
        case "rt": 2
        default: 1
        }
    }

    /// How much host time a second of guest time may take at least.
    private var hostScale: Double { accelerator == .kvm ? 1.5 : 4 }

    /// From the start of QEMU to the agent's hello, in host time.
    public var boot: Duration { .seconds(accelerator == .kvm ? 30 : 90) * guestScale }

    /// Without a step running, from one frame to the next, in host time.
    var betweenSteps: Duration { .seconds(15) * (guestScale * hostScale) }

    /// How long the guest's clock may all but stand still, in host time, before the guest counts as hung. It shows
    /// in heartbeats: one a second of the guest's time. The clock of a silent guest is not seen to move, and under
    /// TCG it hardly moves while CPUs spin on a lock: each PAUSE ends a slice after a few instructions, so that the
    /// guest's own detectors of lockups would take most of an hour.
    func standstill(pace: Double) -> Duration {
        max(.seconds(30), .seconds(20) * pace) * guestScale.squareRoot()
    }

    /// When the machine's own watchdog fires for an agent that does not run, seconds of the guest's time.
    /// Later than the kernel's own detectors of lockups, which say more.
    var watchdog: Int { Int(20 * guestScale) }

    /// The kernel's `watchdog_thresh`, seconds of the guest's time: a hard lockup is reported after about
    /// three of it at most, a soft lockup after two.
    var lockupThreshold: Int { Int(4 * guestScale.squareRoot()) }

    /// A step's limit by the guest's clock.
    func guestLimit(_ limit: Duration?) -> Duration { (limit ?? Self.defaultStep) * guestScale }

    /// The host's limit for something that ends by itself after `guest` of the guest's time.
    ///
    /// - Parameter pace: Host seconds that a guest second was seen to take in this run.
    func hostLimit(guest: Duration, pace: Double) -> Duration {
        // The agent needs up to seven seconds to end a step that ignores signals.
        let ending: Duration = .seconds(2)
        return guest * max(hostScale, 3 * pace) + ending * hostScale
    }
}
