// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that happens once, which any number of tasks can wait for.
final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The value, once it is there.
    var value: Value? { state.withLock { $0.value } }

    /// Sets the value; the first one stays. Says whether this was it.
    @discardableResult
    func set(_ value: Value) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>]? in
            guard state.value == nil else { return nil }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        waiters?.forEach { $0.resume(returning: value) }
        return waiters != nil
    }

    /// Waits for the value; `nil` when it has not come within the limit. Cancellation does not
    /// end the wait: this is for clean-up, which a cancelled task must finish too.
    func wait(limit: Duration) async -> Value? {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        // A task of its own: a cancelled task cannot sleep.
        let timer = Task.detached {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            self.giveUp(id)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Value? in
                if state.value == nil { state.waiters[id] = continuation }
                return state.value
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func giveUp(_ id: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
    }
}

/// Runs blocking calls that have a limit.
enum Limited {
    /// Runs `body` on a thread. When it takes longer than `limit`, or the task is cancelled, `abort`
    /// is called (on another thread) to make it return; if it has not after `grace`, it is left behind.
    ///
    /// - Throws: what `body` throws; ``HypervisorError/Code/timeLimit``; `CancellationError`.
    static func run<Value: Sendable>(
        _ action: String, limit: Duration, grace: Duration = .seconds(10),
        abort: @escaping @Sendable () -> Void, body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let result = OneShot<Result<Value, any Error>>()
        let cancelled = OneShot<Void>()
        BlockingThread.detach { result.set(Result(catching: body)) }
        let outcome = await withTaskCancellationHandler {
            await result.wait(limit: limit)
        } onCancel: {
            cancelled.set(())
            BlockingThread.detach(abort)
        }
        // What was aborted is not whole, whatever it returned.
        if cancelled.value != nil { throw CancellationError() }
        if let outcome { return try outcome.get() }
        await BlockingThread.run(abort)
        _ = await result.wait(limit: grace)
        throw HypervisorError(
            .timeLimit, "Could not \(action). It took longer than \(limit) and was ended.",
            advice: "Allow more time, or give the host less to do at once.")
    }
}
