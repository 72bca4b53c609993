// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A value behind a lock, to be captured by closures that run anywhere.
final class Locked<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    init(_ value: Value) { storage = Mutex(value) }

    var value: Value { storage.withLock { $0 } }

    @discardableResult
    func update<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        storage.withLock { value in
            let result = body(&value)
            return result
        }
    }
}
