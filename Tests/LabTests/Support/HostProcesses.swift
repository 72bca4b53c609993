// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Processes of the host, as /proc shows them.
enum HostProcesses {
    /// The QEMUs whose parent is `parent`. A pacctlab adopts those that libvirt starts for it.
    static func machines(of parent: pid_t) -> [pid_t] {
        all().filter { isMachine($0) && self.parent(of: $0) == parent }
    }

    /// Everything that runs.
    static func all() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }
    }

    /// Everything that a process has started, and what that has started.
    static func descendants(of ancestor: pid_t) -> [pid_t] {
        let parents = Dictionary(
            all().map { ($0, parent(of: $0)) }, uniquingKeysWith: { first, _ in first })
        return parents.keys.filter { pid in
            var next = parents[pid] ?? nil
            while let parent = next, parent > 1, parent != ancestor { next = parents[parent] ?? nil }
            return next == ancestor
        }
    }

    /// Variables as a process got them when it began; empty when they cannot be seen.
    static func environment(of pid: pid_t) -> Set<String> {
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
        return Set(data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    }

    /// What a process calls itself; empty when it is gone.
    static func name(of pid: pid_t) -> String {
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        return data.split(separator: 0).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Whether a process is there, and is a QEMU that has not ended.
    static func isMachine(_ pid: pid_t) -> Bool {
        // Empty for a process that has ended and was not collected yet.
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
        return data.split(separator: 0).first.map { String(decoding: $0, as: UTF8.self) }?
            .contains("qemu-system") == true
    }

    /// A process's parent; nil when it is gone.
    static func parent(of pid: pid_t) -> pid_t? { field(4, of: pid).flatMap { pid_t($0) } }

    /// A process's nice value; nil when it is gone.
    static func niceness(of pid: pid_t) -> Int? { field(19, of: pid).flatMap { Int($0) } }

    /// A field of /proc/PID/stat by its number in proc(5), from the third on: those behind the name in brackets.
    private static func field(_ number: Int, of pid: pid_t) -> Substring? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[bracket...].split(separator: " ")
        return number - 2 < fields.count ? fields[number - 2] : nil
    }

    /// Waits until `condition` holds.
    ///
    /// - Returns: Whether it came to hold before `limit`.
    static func wait(atMost limit: Duration, for condition: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return condition()
    }
}
