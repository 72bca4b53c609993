// SPDX-License-Identifier: Apache-2.0

/// What guests that run at once take of the host, so that none fails for want of it.
struct GuestSlots: Sendable {
    /// What one guest takes.
    struct Need: Sendable, Equatable {
        /// Processors.
        var cores: Int
        /// Memory of the host, MiB.
        var memoryMiB: Int

        /// Of a guest of that size.
        init(cpus: Int, memoryMiB: Int, accelerator: Accelerator) {
            // Under TCG with counted instructions all CPUs of a guest take turns on one core.
            cores = accelerator == .tcg ? 1 : max(1, cpus)
            self.memoryMiB = memoryMiB + HostCapacity.overheadMiB
        }
    }

    /// What the host has for guests.
    let capacity: HostCapacity
    /// Most guests at once; nil: what cores and memory carry.
    let limit: Int?
    /// Processors that others leave at this moment; nil: all.
    var coresLeft: Int?
    private(set) var running = 0
    private var cores = 0
    private var memoryMiB = 0

    init(capacity: HostCapacity, limit: Int? = nil) {
        self.capacity = capacity
        self.limit = limit
    }

    /// Takes room for a guest, if there is any. The first one always has it: nothing would ever run otherwise.
    ///
    /// - Parameter freeMiB: Memory that can be had right now, MiB: others may have taken what was free at the beginning.
    mutating func take(_ need: Need, freeMiB: Int) -> Bool {
        guard running > 0 else {
            add(need)
            return true
        }
        guard running < limit ?? .max,
            limit != nil || cores + need.cores <= min(capacity.cores, coresLeft ?? .max),
            memoryMiB + need.memoryMiB <= capacity.usableMiB, need.memoryMiB <= freeMiB
        else { return false }
        add(need)
        return true
    }

    /// Gives the room of a guest back.
    mutating func free(_ need: Need) {
        running -= 1
        cores -= need.cores
        memoryMiB -= need.memoryMiB
    }

    private mutating func add(_ need: Need) {
        running += 1
        cores += need.cores
        memoryMiB += need.memoryMiB
    }
}
