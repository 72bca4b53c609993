// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import Synchronization
import SystemPackage

/// Follows a file that QEMU appends to, until the guest has ended and everything was read.
///
/// Iterate it once; a second iterator shares the first one's place. Bytes beyond the cap are
/// counted, never delivered, and their disk blocks are given back while the guest still writes,
/// so that a guest that prints without end cannot fill the host's disk.
public final class FileTail: AsyncSequence, Sendable {
    /// What comes out of a tail.
    public enum Element: Sendable, Equatable {
        /// The next bytes of the file; never empty, at most 256 KiB.
        case bytes([UInt8])
        /// This many more bytes came beyond the cap and were thrown away.
        case omitted(UInt64)
    }

    /// Hands out a tail's elements.
    public struct Iterator: AsyncIteratorProtocol {
        let tail: FileTail

        /// The next element; `nil` once the guest has ended and everything was delivered, or
        /// when the task is cancelled.
        public mutating func next() async -> Element? { await tail.next() }
    }

    private struct State {
        var offset: Int64 = 0
        var size: Int64 = 0
        var punched: Int64
        var reportedOmitted: UInt64 = 0
        var writerEnded = false
        var abandoned = false
        var waiter: (id: UInt64, continuation: CheckedContinuation<Element?, Never>)?
        var lastWaiter: UInt64 = 0
        var threadEnded = false
    }

    /// The file on the host. Beyond the cap it has holes.
    public let path: FilePath
    /// How many bytes are kept.
    public let cap: Int64

    private let descriptor: FileDescriptor
    private let state: Mutex<State>
    /// How often the file is looked at. QEMU neither waits for us nor tells us.
    private static let interval = Duration.milliseconds(20)
    private static let chunk = 1 << 18
    /// Holes are made in whole file system blocks.
    private static let block: Int64 = 4096

    /// Makes the file, empty, and starts to follow it.
    init(creating path: FilePath, owner: Owner, cap: Int64) throws {
        do {
            descriptor = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
        } catch {
            throw HypervisorError.file(error, action: "make a file for the guest's output", path: path)
        }
        self.path = path
        self.cap = cap
        // Rounded up: a hole never takes a byte that is kept.
        state = Mutex(State(punched: (cap + Self.block - 1) / Self.block * Self.block))
        do { try FileSystem.give(path, to: owner) } catch {
            try? descriptor.close()
            throw error
        }
        BlockingThread.detach { self.follow() }
    }

    /// Starts over: the only iterator there is.
    public func makeAsyncIterator() -> Iterator { Iterator(tail: self) }

    /// Tells that nobody writes to the file any more.
    func writerHasEnded() { state.withLock { $0.writerEnded = true } }

    // MARK: The thread

    private func follow() {
        while true {
            let (ended, waits) = look()
            let delivered = waits && deliver(final: ended)
            if ended && state.withLock({ finishIfDone(&$0) }) { break }
            if !delivered { BlockingThread.sleep(Self.interval) }
        }
        // The thread is the only one to use it.
        try? descriptor.close()
    }

    /// Looks at the file's size and frees what is beyond the cap. `ended` is read before the
    /// size: what was written before the end is then counted in the size.
    private func look() -> (ended: Bool, waits: Bool) {
        let ended = state.withLock { $0.writerEnded }
        var info = stat()
        let size = fstat(descriptor.rawValue, &info) == 0 ? Int64(info.st_size) : 0
        let (from, waits) = state.withLock { state in
            state.size = Swift.max(state.size, size)
            return (state.punched, state.waiter != nil)
        }
        let until = size / Self.block * Self.block
        if until > from, pacct_punch_hole(descriptor.rawValue, off_t(from), off_t(until - from)) == 0 {
            state.withLock { $0.punched = until }
        }
        return (ended, waits)
    }

    /// Gives the waiting iterator what there is.
    private func deliver(final: Bool) -> Bool {
        let (offset, available) = state.withLock { ($0.offset, Swift.min($0.size, cap) - $0.offset) }
        var element: Element?
        if available > 0 {
            let room = Int(Swift.min(available, Int64(Self.chunk)))
            let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = Swift.max(0, pread(descriptor.rawValue, buffer.baseAddress, room, off_t(offset)))
            }
            if !bytes.isEmpty { element = .bytes(bytes) }
        }
        return state.withLock { state in
            guard let waiter = state.waiter else { return false }
            if case .bytes(let bytes) = element {
                state.offset += Int64(bytes.count)
            } else {
                let omitted = UInt64(Swift.max(0, state.size - cap))
                guard state.offset >= Swift.min(state.size, cap), omitted > state.reportedOmitted else {
                    return false
                }
                element = .omitted(omitted - state.reportedOmitted)
                state.reportedOmitted = omitted
            }
            state.waiter = nil
            waiter.continuation.resume(returning: element)
            return true
        }
    }

    /// Whether all is delivered, or nobody is left to deliver to.
    private func finishIfDone(_ state: inout State) -> Bool {
        let omitted = UInt64(Swift.max(0, state.size - cap))
        let isDone = state.offset >= Swift.min(state.size, cap) && omitted == state.reportedOmitted
        guard isDone || state.abandoned else { return false }
        state.threadEnded = true
        state.waiter?.continuation.resume(returning: nil)
        state.waiter = nil
        return true
    }

    /// Ends the thread, whatever was not read yet: the file is about to go.
    func abandon() {
        state.withLock { state in
            state.writerEnded = true
            state.abandoned = true
        }
    }

    // MARK: The iterator

    private func next() async -> Element? {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refused = state.withLock { state in
                    guard !state.threadEnded, state.waiter == nil, !Task.isCancelled else { return true }
                    state.waiter = (id, continuation)
                    return false
                }
                if refused { continuation.resume(returning: nil) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Element?, Never>? in
                guard let waiter = state.waiter, waiter.id == id else { return nil }
                state.waiter = nil
                return waiter.continuation
            }
            continuation?.resume(returning: nil)
        }
    }
}
