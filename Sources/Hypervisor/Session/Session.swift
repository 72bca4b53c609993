// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import SystemPackage

/// What every guest of a hypervisor shares.
struct Session: Sendable {
    let folder: SessionFolder
    let connection: LibvirtConnection
    let owner: Owner
    let memories: SessionMemories
    /// What libvirt starts.
    let emulator: FilePath
    let capabilities: CapabilitiesCache
    let isEmbedded: Bool
    let logger: Logger

    /// The log that libvirt keeps of a domain's QEMU; `nil` where a daemon keeps it for itself.
    func emulatorLog(of domain: String) -> FilePath? {
        isEmbedded ? folder.libvirtRoot.appending("log/qemu/\(domain).log") : nil
    }
}

/// The guests there are, by libvirt's UUID.
final class GuestRegistry: Sendable {
    private struct State {
        var guests: [String: Guest] = [:]
        var lastNumber = 0
        var refuses: String?
        var isClosed = false
    }

    private let state = Mutex(State())

    var all: [Guest] { state.withLock { Array($0.guests.values) } }

    /// Numbers guests' folders.
    func nextNumber() throws(HypervisorError) -> Int {
        try state.withLock { state throws(HypervisorError) in
            try Self.check(state)
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    func add(_ guest: Guest) throws(HypervisorError) {
        try state.withLock { state throws(HypervisorError) in
            try Self.check(state)
            state.guests[guest.uuid] = guest
        }
    }

    func forget(_ uuid: String) { _ = state.withLock { $0.guests.removeValue(forKey: uuid) } }

    func deliver(_ event: LibvirtEvent, to uuid: String) {
        state.withLock { $0.guests[uuid] }?.receive(event)
    }

    func refuseMore() {
        let guests = state.withLock { state in
            state.refuses = state.refuses ?? "Every guest was told to end."
            return Array(state.guests.values)
        }
        for guest in guests { guest.refuseStart() }
    }

    /// Refuses more guests and gives up those there are; `nil` when that was done before.
    func close() -> [Guest]? {
        state.withLock { state in
            if state.isClosed { return nil }
            state.isClosed = true
            state.refuses = "The hypervisor was closed."
            return Array(state.guests.values)
        }
    }

    private static func check(_ state: State) throws(HypervisorError) {
        if let reason = state.refuses { throw HypervisorError(.closed, "Could not make a guest. \(reason)") }
    }
}
