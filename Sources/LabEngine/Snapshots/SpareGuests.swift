// SPDX-License-Identifier: Apache-2.0

import Hypervisor

/// A guest that was restored ahead of its run, and stands still until then: while a person edits, say.
///
/// There is one at most, for another run like the last.
public actor SpareGuests {
    private let hypervisor: Hypervisor
    /// What the last run's guest was made of.
    private var wanted: GuestSpec?
    private var spare: Guest?
    private var isClosed = false

    init(hypervisor: Hypervisor) { self.hypervisor = hypervisor }

    /// Hands the spare over if it is such a guest, and remembers what to have next time.
    ///
    /// - Returns: A loaded guest to be run with the job of `spec`; whoever gets it has to remove it. Nil: make one.
    func take(like spec: GuestSpec) async -> Guest? {
        wanted = spec
        guard let guest = spare else { return nil }
        spare = nil
        if Self.isAlike(guest.spec, spec) { return guest }
        await guest.remove()
        return nil
    }

    /// Restores a guest for the next run, if none is there. One that cannot be had is made when it is needed.
    public func refill() async {
        guard spare == nil, !isClosed, var spec = wanted, case .restore = spec.origin else { return }
        spec.name = "spare"
        spec.sharedMemory?.content = nil
        guard let guest = try? await hypervisor.makeGuest(spec) else { return }
        do {
            try await guest.load(limit: TimeLimits.machineStart)
        } catch {
            await guest.remove()
            return
        }
        // Closed meanwhile, or another call was quicker.
        if isClosed || spare != nil { await guest.remove() } else { spare = guest }
    }

    /// Removes the spare; there is none from now on.
    public func close() async {
        isClosed = true
        let guest = spare
        spare = nil
        await guest?.remove()
    }

    /// Whether one guest does for the other: they differ in their names and jobs at most.
    static func isAlike(_ one: GuestSpec, _ other: GuestSpec) -> Bool {
        var one = one
        one.name = other.name
        one.sharedMemory?.content = other.sharedMemory?.content
        return one == other
    }
}
