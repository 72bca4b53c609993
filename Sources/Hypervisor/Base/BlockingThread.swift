// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Threads for calls that block: libvirt's, and waits in the kernel. They would starve the
/// cooperative pool, which has one thread per CPU.
enum BlockingThread {
    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a detached thread of its own; returns at once.
    static func detach(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Start(body)).toOpaque()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, &attributes,
            { context in
                if let context { Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, context)
        // Without threads nothing in this process can go on.
        precondition(failure == 0, "pthread_create: \(String(cString: strerror(failure)))")
    }

    /// Runs `body` on a thread of its own and waits for it without holding a pool thread.
    /// Cancellation does not stop it: whatever `body` does must have its own end.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            detach { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// As above, for what cannot fail.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            detach { continuation.resume(returning: body()) }
        }
    }

    /// Sleeps this thread.
    static func sleep(_ duration: Duration) {
        var rest = timespec(duration)
        var wanted = rest
        while nanosleep(&wanted, &rest) != 0 && errno == EINTR { wanted = rest }
    }
}

extension timespec {
    /// A positive duration for a system call.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }
}
