// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// The kernel's fault injection, switched on and off through debugfs.
///
/// Written by the agent itself: these files belong to the kernel proper, and a process for each of
/// them could not be had any more once allocations fail. See
/// Documentation/fault-injection/fault-injection.rst of the kernel.
final class FaultInjection {
    private static let root = "/sys/kernel/debug"

    private let fault: Fault
    private let folder: String

    init(_ fault: Fault) {
        self.fault = fault
        let name =
            switch fault.kind {
            case .slab: "failslab"
            case .pages: "fail_page_alloc"
            case .function: "fail_function"
            }
        folder = "\(Self.root)/\(name)"
    }

    /// Switches it on.
    ///
    /// - Throws: ``FaultError`` where the kernel cannot do it.
    func begin() throws(FaultError) {
        if fault.kind == .function {
            try write(fault.function, to: "inject")
            // Error pointers and negative error numbers are the same 64 bits.
            try write("\(UInt64(bitPattern: -Int64(fault.error)))", to: "\(fault.function)/retval")
        }
        // Every failure's stack would flood the log.
        try write("0", to: "verbose")
        // Only those that are marked: never the agent, whose end would be the guest's. A function fails in a
        // breakpoint's handler, which to the kernel is no task's context, so that no mark counts there:
        // whoever calls it is struck.
        try write(fault.kind == .function ? "N" : "Y", to: "task-filter")
        if fault.kind != .function { try write("N", to: "ignore-gfp-wait") }
        if fault.kind == .pages {
            try write("0", to: "min-order")
            try write("N", to: "ignore-gfp-highmem")
        }
        try write("\(fault.interval)", to: "interval")
        try write("\(fault.space)", to: "space")
        try write("\(fault.times)", to: "times")
        if fault.workers { markWorkers("1") }
        try write("\(fault.probability)", to: "probability")
    }

    /// Switches it off.
    ///
    /// - Returns: How many failures there were, nil when the kernel does not say.
    @discardableResult
    func end() -> UInt32? {
        _ = put("0", "\(folder)/probability")
        if fault.workers { markWorkers("0") }
        if fault.kind == .function { _ = put("", "\(folder)/inject") }
        guard let left = readLine(of: "\(folder)/times").flatMap({ UInt32($0) }), left <= fault.times else {
            return nil
        }
        return fault.times - left
    }

    private func write(_ text: String, to name: String) throws(FaultError) {
        guard !put(text, "\(folder)/\(name)") else { return }
        throw FaultError(path: "\(folder)/\(name)", text: text, error: errno)
    }

    private func put(_ text: String, _ path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        // An empty text means something to fail_function: one byte, the line's end.
        let line = text + "\n"
        return Glibc.write(file, line, line.utf8.count) == line.utf8.count
    }

    /// Marks the worker threads there are, and the thread that makes new ones.
    private func markWorkers(_ mark: String) {
        guard let folder = opendir("/proc") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int32(name) != nil, let task = readLine(of: "/proc/\(name)/comm") else { continue }
            if task.hasPrefix("kworker/") || task == "kthreadd" {
                _ = put(mark, "/proc/\(name)/make-it-fail")
            }
        }
    }
}

/// Why the kernel does not fail on demand.
struct FaultError: Error, CustomStringConvertible {
    var path: String
    var text: String
    var error: Int32

    var description: String {
        "this kernel cannot inject the fault: writing \"\(text)\" to \(path) gives \(errorText(error));"
            + " the variants debug, kcsan and rt have fault injection"
    }
}
