// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Threads for what blocks: SQLite, and files. Tasks share one thread per CPU, which it would take from them.
enum Offload {
    /// As many at once as the store has readers, and some that read files.
    private static let width = 8
    private static let queue = {
        let queue = OperationQueue()
        queue.name = "pacctlab.dashboard"
        queue.maxConcurrentOperationCount = width
        return queue
    }()

    /// Does it there.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.addOperation { continuation.resume(with: Result(catching: body)) }
        }
    }
}
