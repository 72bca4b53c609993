// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

@testable import Artifacts

/// Looks at processes that a test started and should be gone.
enum Processes {
    /// The id that a process wrote into a file.
    static func id(in file: FilePath) throws -> Int32 {
        let text = try Files.text(file)
        guard let id = Int32(text.prefix { $0.isNumber }), id > 1 else { throw NoProcess(text: text) }
        return id
    }

    struct NoProcess: Error { let text: String }

    /// Whether it runs; a zombie, whose parent has not looked yet, does not.
    static func isAlive(_ id: Int32) -> Bool {
        guard let stat = try? Files.text(FilePath("/proc/\(id)/stat")) else { return false }
        return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    /// Waits for a process to end; whether it did within `limit`.
    static func ends(_ id: Int32, within limit: Duration = .seconds(30)) async -> Bool {
        await holds(within: limit) { !isAlive(id) }
    }

    /// Waits until a condition holds; whether it did within `limit`.
    static func holds(within limit: Duration = .seconds(300), _ condition: () -> Bool) async -> Bool {
        let start = ContinuousClock.now
        while !condition() {
            if start.duration(to: .now) > limit { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }
}
