// SPDX-License-Identifier: Apache-2.0

/// Failures that the kernel makes up on demand; see Documentation/fault-injection/fault-injection.rst.
///
/// They strike the processes of the steps inside (loads, unloads, workloads), and with ``workers``
/// the kernel's worker threads; never the agent itself, whose end would be the guest's. A function fails for
/// whoever calls it.
public struct Fault: Sendable, Equatable {
    /// What fails.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// Allocations of slab objects: `kmalloc()` and the like.
        case slab = 1
        /// Allocations of pages.
        case pages = 2
        /// Calls of one function.
        case function = 3
    }

    /// What fails.
    public var kind: Kind
    /// How many of a hundred fail.
    public var probability: UInt32
    /// At most every how manieth may fail.
    public var interval: UInt32
    /// How many fail at most.
    public var times: UInt32
    /// Bytes that are allocated before the first one may fail.
    public var space: UInt32
    /// Whether the kernel's worker threads are struck too.
    public var workers: Bool
    /// The function that fails; empty unless ``kind`` is ``Kind/function``.
    public var function: String
    /// The error number it fails with.
    public var error: Int32

    /// How many fail at most when nobody says: more than will ever happen, and yet a number, so that
    /// what is left of it tells how many did.
    public static let unlimited: UInt32 = 1_000_000_000

    /// A fault.
    public init(
        kind: Kind, probability: UInt32, interval: UInt32 = 1, times: UInt32 = Fault.unlimited,
        space: UInt32 = 0, workers: Bool = true, function: String = "", error: Int32 = 0
    ) {
        self.kind = kind
        self.probability = probability
        self.interval = interval
        self.times = times
        self.space = space
        self.workers = workers
        self.function = function
        self.error = error
    }
}
