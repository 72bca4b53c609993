// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Processes of the host, as /proc shows them.
enum HostProcesses {
    /// QEMUs that are descendants of `ancestor`, or that were when they could still be found: a QEMU
    /// belongs to a pacctlab by the folder of its session in its command line.
    static func machines(mentioning text: String) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"), !data.isEmpty
            else {
                return false
            }
            let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard words.first?.contains("qemu-system") == true else { return false }
            return words.contains { $0.contains(text) }
        }
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
