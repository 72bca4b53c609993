// SPDX-License-Identifier: Apache-2.0

/// What a module has left behind, found by comparing snapshots from before its life with ones from after.
///
/// What this can and cannot prove:
///
/// - slab caches, entries of /proc, /dev and debugfs, references to other modules, taint: on every kernel;
/// - probes: those of the kernel's own tracepoints, on every kernel, with the lab's module `witness`;
/// - timers: high-resolution timers whose function is gone, on every kernel. Timers of the timer wheel and work
///   are seen when the memory they are in is freed, by DEBUG_OBJECTS (variant `debug`), which reports to the log;
/// - leaks: on kernels with kmemleak (`debug`). Without it only those that keep a cache of the module's alive.
public struct Residue: Sendable {
    /// What kind of thing was left.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case module
        case slabCache = "slab_cache"
        case leak
        case probe
        case timer
        case procEntry = "proc_entry"
        case deviceEntry = "device_entry"
        case debugfsEntry = "debugfs_entry"
        case reference
        case taint
    }

    /// One thing.
    public struct Item: Sendable, Equatable {
        /// What kind of thing.
        public var kind: Kind
        /// What exactly, for people.
        public var text: String
        /// The kernel's own words, where there are any.
        public var evidence: [String] = []
    }

    /// The snapshots to compare.
    public struct Snapshots: Sendable {
        /// Before the first load.
        public var before: SystemSnapshot
        /// While the module was loaded.
        public var loaded: SystemSnapshot?
        /// After the last unload.
        public var after: SystemSnapshot
        /// At the end, with the leaks.
        public var end: SystemSnapshot?

        /// Snapshots of one life.
        public init(
            before: SystemSnapshot, loaded: SystemSnapshot?, after: SystemSnapshot, end: SystemSnapshot?
        ) {
            self.before = before
            self.loaded = loaded
            self.after = after
            self.end = end
        }
    }

    /// What is left.
    public private(set) var items: [Item] = []
    /// What should have been looked at and could not: an answer is not possible without.
    public private(set) var doubts: [String] = []
    /// What this kernel cannot show.
    public private(set) var notes: [String] = []

    private let snapshots: Snapshots
    private let module: String

    /// Compares.
    ///
    /// - Parameter module: The module that was unloaded, as the kernel names it.
    public init(_ snapshots: Snapshots, module: String) {
        self.snapshots = snapshots
        self.module = module
        compareModules()
        compareNames()
        compareProbes()
        findTimers()
        compareTaint()
        findLeaks()
    }

    private var place: SystemSnapshot.Module? { snapshots.loaded?.modules?[module] }

    private mutating func compareModules() {
        guard let before = snapshots.before.modules, let after = snapshots.after.modules else {
            doubts.append("/proc/modules: \(snapshots.after.absence(of: "modules"))")
            return
        }
        if after[module] != nil { add(.module, "the module \(module) is still in /proc/modules") }
        for (name, module) in after.sorted(by: { $0.key < $1.key }) {
            guard let earlier = before[name], module.references > earlier.references else { continue }
            add(
                .reference,
                "\(name) is held \(module.references) times, and was \(earlier.references) times before the load"
            )
        }
    }

    private mutating func compareNames() {
        compare(.slabCache, "slab cache", snapshots.before.slabCaches, snapshots.after.slabCaches)
        if snapshots.after.slabCaches == nil {
            notes.append("slab caches were not compared: \(snapshots.after.absence(of: "slabinfo"))")
        }
        for (kind, folder, path, isNeeded) in [
            (Kind.procEntry, "proc", "/proc", true), (.deviceEntry, "dev", "/dev", true),
            (.debugfsEntry, "debugfs", "/sys/kernel/debug", false),
        ] {
            let after = snapshots.after.names(in: folder)
            compare(kind, path, snapshots.before.names(in: folder), after)
            guard after == nil else { continue }
            let problem = "\(path) was not looked at: \(snapshots.after.absence(of: "\(folder)-names"))"
            if isNeeded { doubts.append(problem) } else { notes.append(problem) }
        }
    }

    private mutating func compare(_ kind: Kind, _ what: String, _ before: Set<String>?, _ after: Set<String>?)
    {
        guard let before, let after else { return }
        for name in after.subtracting(before).sorted() {
            let objects = kind == .slabCache ? snapshots.after.objects(inCache: name) : nil
            add(kind, "\(what) \(name)" + (objects.map { " with up to \($0) objects" } ?? ""))
        }
    }

    private mutating func compareProbes() {
        guard let before = snapshots.before.probes, let after = snapshots.after.probes else {
            doubts.append(
                "probes of tracepoints were not looked at: \(snapshots.after.absence(of: "probes"))")
            return
        }
        for probe in Set(after).subtracting(before).sorted(by: { $0.tracepoint < $1.tracepoint }) {
            add(.probe, "a probe at the tracepoint \(probe.tracepoint): \(probe.function)")
        }
    }

    private mutating func findTimers() {
        guard let timers = snapshots.after.timers else {
            notes.append("timers were not looked at: \(snapshots.after.absence(of: "timers"))")
            return
        }
        for function in timers where isGone(function) {
            add(.timer, "a queued timer with the function \(function)")
        }
    }

    /// Whether a function lies where no code is any more.
    private func isGone(_ function: String) -> Bool {
        guard let address = SystemSnapshot.address(function) else { return function.hasSuffix("[\(module)]") }
        return place?.contains(address) ?? true
    }

    private mutating func compareTaint() {
        guard let before = snapshots.before.taint, let after = snapshots.after.taint else {
            doubts.append("the kernel's taint: \(snapshots.after.absence(of: "tainted"))")
            return
        }
        for bit in 0..<UInt64.bitWidth where (after & ~before) >> UInt64(bit) & 1 == 1 {
            guard let flag = Taint(rawValue: bit) else {
                add(.taint, "the kernel's taint bit \(bit)")
                continue
            }
            if !flag.isUnavoidable { add(.taint, "the kernel's taint \(flag.letter): \(flag.meaning)") }
        }
    }

    private mutating func findLeaks() {
        guard let end = snapshots.end else {
            doubts.append("there is no snapshot from the end, with the leaks")
            return
        }
        guard let section = end.sections["kmemleak"] else {
            doubts.append("leaks were not looked for: \(end.absence(of: "kmemleak"))")
            return
        }
        if section.error == SystemSnapshot.notThere {
            return notes.append("leaks were not looked for: this kernel has no kmemleak")
        }
        if section.error != 0 { doubts.append("leaks: \(end.absence(of: "kmemleak"))") }
        let began = snapshots.before.jiffies
        for leak in Leak.leaks(in: section.text) {
            if leak.names(module, at: place) {
                add(.leak, "memory that \(module) allocated and nobody points to", leak.lines)
            } else if let began, let time = leak.jiffies, time >= began {
                add(.leak, "memory allocated since the load of \(module), which nobody points to", leak.lines)
            } else {
                notes.append("kmemleak reports an object from before the load: \(leak.lines.first ?? "")")
            }
        }
    }

    private mutating func add(_ kind: Kind, _ text: String, _ evidence: [String] = []) {
        items.append(Item(kind: kind, text: text, evidence: evidence))
    }
}
