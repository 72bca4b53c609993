// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The machine's watchdog: when the agent cannot run for a while, QEMU stops the guest by itself,
/// in the guest's own time, however slow the host is.
struct Watchdog {
    private let descriptor: Int32

    /// WDIOC_SETTIMEOUT, `_IOWR('W', 6, int)` (linux/watchdog.h).
    private static let setTimeout: UInt = 0xC004_5706

    /// Starts it.
    ///
    /// - Parameter timeout: How long it lets pass between signs of life, seconds; nil for what the kernel's command
    ///   line says.
    init(timeout: CInt? = nil) {
        descriptor = open("/dev/watchdog", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0, var timeout else { return }
        _ = ioctl(descriptor, Self.setTimeout, &timeout)
    }

    /// Stops it: the "magic close" of Documentation/watchdog/watchdog-api.rst.
    func stop() {
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "V", 1)
        close(descriptor)
    }

    /// Says that we are alive.
    func ping() {
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "\0", 1)
    }
}
