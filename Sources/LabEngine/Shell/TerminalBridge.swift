// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import SystemPackage

/// Connects this process's terminal with a guest's, byte by byte, until either end closes.
final class TerminalBridge: Sendable {
    /// Ctrl-]: the key that leaves, as telnet and virsh have it.
    private static let escape: UInt8 = 0x1D
    /// How often the loop looks whether it is to stop, milliseconds.
    private static let interval: Int32 = 100

    private struct State {
        var stopped = false
        var guestHasClosed = false
    }

    private let socket: CInt
    private let state = Mutex(State())

    /// Connects to the guest's side.
    ///
    /// - Throws: ``LabError`` when nobody listens there.
    init(socket path: FilePath) throws {
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(path.string.utf8)
        let fits = bytes.count < room
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix(room - 1)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard socket >= 0, fits, result == 0 else {
            let reason = String(cString: strerror(errno))
            if socket >= 0 { close(socket) }
            throw LabError(.trouble, "The guest's terminal (\(path)) cannot be reached: \(reason).")
        }
    }

    deinit { close(socket) }

    /// Whether it was the guest that closed.
    var guestHasClosed: Bool { state.withLock { $0.guestHasClosed } }

    /// Ends ``run()`` from elsewhere.
    func stop() { state.withLock { $0.stopped = true } }

    /// Passes bytes on until the guest closes, Ctrl-] is typed, ``stop()`` is called or the task is cancelled. A
    /// terminal is raw meanwhile: Ctrl-C and the like are the guest's.
    func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    let terminal = RawTerminal()
                    self.pass()
                    terminal.restore()
                    continuation.resume()
                }
            }
        } onCancel: {
            stop()
        }
    }

    private func pass() {
        var input: CInt = STDIN_FILENO
        while !state.withLock({ $0.stopped }) {
            var descriptors = [
                pollfd(fd: input, events: Int16(POLLIN), revents: 0),
                pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, Self.interval) > 0 else { continue }
            if descriptors[1].revents != 0, !copy(from: socket, to: STDOUT_FILENO) {
                return state.withLock { $0.guestHasClosed = true }
            }
            guard descriptors[0].revents != 0 else { continue }
            switch type() {
            case .passed: break
            // Somebody pipes commands in: the shell goes on until it ends by itself.
            case .closed: input = -1
            case .left: return
            }
        }
    }

    private enum Typed { case passed, closed, left }

    /// Passes on what was typed, up to the key that leaves.
    private func type() -> Typed {
        let bytes = Self.read(STDIN_FILENO)
        if bytes.isEmpty { return .closed }
        let kept = bytes.prefix { $0 != Self.escape }
        guard Self.write(Array(kept), to: socket) else { return .closed }
        return kept.count < bytes.count ? .left : .passed
    }

    private func copy(from source: CInt, to target: CInt) -> Bool {
        let bytes = Self.read(source)
        return !bytes.isEmpty && Self.write(bytes, to: target)
    }

    private static func read(_ descriptor: CInt) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            repeat {
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while count < 0 && errno == EINTR
            count = max(0, count)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Standard input as a terminal without a mind of its own, for as long as it lasts.
private struct RawTerminal {
    private var saved: termios?

    init() {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
        saved = settings
        cfmakeraw(&settings)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    }

    func restore() {
        guard var saved else { return }
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved)
    }
}
