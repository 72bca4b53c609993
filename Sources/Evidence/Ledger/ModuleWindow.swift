// SPDX-License-Identifier: Apache-2.0

/// The time during which a module was loaded, as the agent marked it. CLOCK_BOOTTIME, nanoseconds.
///
/// During the calls themselves nobody knows whether the module was there already, or still. A load that failed is a
/// window in which it was unloaded again at once.
public struct ModuleWindow: Sendable, Equatable {
    /// The module's name.
    public var module: String
    /// When loading began.
    public var loadStartedNs: UInt64
    /// When it was over.
    public var loadEndedNs = UInt64.max
    /// When unloading began, the first of several unloads at once; nil when it never did, or did not succeed.
    public var unloadStartedNs: UInt64?
    /// When it was over; nil when it never was.
    public var unloadEndedNs: UInt64?
    /// Whether the record device was there after loading.
    public var hasDevice = false
    /// Whether the record device was open during the unload.
    public var deviceOpenAtUnload = false
    /// The tasks that were alive, and not about to exit, after it was loaded: places in ``ProcessTable/lives``.
    public var alive: Set<Int> = []

    /// Unloads that have begun and not ended.
    var openUnloads = 0

    /// Whether the module may have made a record at that time.
    public func mayRecord(at time: UInt64) -> Bool {
        time >= loadStartedNs && time <= unloadEndedNs ?? .max
    }

    /// A window that has just begun.
    init(module: String, loadStartedNs: UInt64) {
        self.module = module
        self.loadStartedNs = loadStartedNs
    }
}
