// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hypervisor

@Suite("From libvirt's events to ours")
struct MachineHistoryTests {
    private func shutdown(_ reason: String, guest: Bool) -> LibvirtEvent {
        .monitor(name: "SHUTDOWN", data: "{\"guest\":\(guest),\"reason\":\"\(reason)\"}")
    }

    @Test("The guest's own end is the last event")
    func byGuest() {
        var history = MachineHistory()
        #expect(history.receive(shutdown("guest-shutdown", guest: true)) == [.shutdownByGuest])
        // libvirt then ends QEMU with a signal.
        #expect(history.receive(shutdown("host-signal", guest: false)) == [])
        history.processEnded(.exited(0))
        #expect(history.receive(.stopped) == [])
        #expect(history.end(log: "") == [])
        #expect(history.hasEnded)
    }

    @Test("A reset is told once, whichever events say so")
    func reset() {
        var history = MachineHistory()
        #expect(history.receive(shutdown("guest-reset", guest: true)) == [.reset])
        #expect(history.receive(.monitor(name: "RESET", data: "{\"guest\":true}")) == [])
        #expect(history.end(log: "") == [])
    }

    @Test("The monitor's panic and libvirt's are one")
    func panic() {
        var history = MachineHistory()
        #expect(
            history.receive(.monitor(name: "GUEST_PANICKED", data: "{\"action\":\"pause\"}")) == [.panicked])
        #expect(history.receive(.crashed) == [])
        history.destroyRequested()
        history.processEnded(.exited(0))
        #expect(history.end(log: "") == [.destroyed])
        #expect(history.end(log: "") == [])
    }

    @Test("A QEMU that ends unasked has died, after a panic too")
    func death() {
        var history = MachineHistory()
        _ = history.receive(.crashed)
        history.processEnded(.signalled(9))
        // We come too late to be the cause of it.
        let events = history.end(log: "first line\nlast line\n")
        #expect(events == [.qemuDied(QEMUDeath(status: .signalled(9), log: "first line\nlast line\n"))])
        guard case .qemuDied(let death) = events.first else { return }
        #expect(death.description.contains("signal 9"))
        #expect(death.description.contains("out of memory"))
        #expect(death.description.hasSuffix("last line"))
    }

    @Test("Ending a guest that has just switched itself off changes nothing")
    func late() {
        var history = MachineHistory()
        _ = history.receive(shutdown("guest-shutdown", guest: true))
        history.destroyRequested()
        #expect(history.end(log: "") == [])
    }

    @Test("The watchdog, and events that mean nothing to us")
    func others() {
        var history = MachineHistory()
        #expect(
            history.receive(.monitor(name: "WATCHDOG", data: "{\"action\":\"pause\"}")) == [.watchdogFired])
        #expect(history.receive(.monitor(name: "STOP", data: "")) == [])
        #expect(history.receive(.monitor(name: "RESET", data: "{\"guest\":false}")) == [])
        #expect(history.receive(shutdown("host-qmp-quit", guest: false)) == [])
    }

    @Test("Errors are full sentences that name their subject")
    func errors() {
        let full = HypervisorError.system(28, action: "write a file", path: "/x/y")
        #expect(full.description.hasPrefix("Could not write a file (/x/y). "))
        #expect(full.description.contains("No space left on device."))
        #expect(full.advice != nil)
        #expect(LibvirtError.sentence("a\nb") == "a / b.")
        #expect(LibvirtError.sentence("really?") == "really?")
        #expect(ExitStatus.signalled(11).description == "was killed by signal 11 (Segmentation fault)")
    }
}
