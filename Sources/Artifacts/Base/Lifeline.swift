// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage

/// Sees to it that a program's whole session ends when we do, or when we say so.
///
/// A shell beside the program reads from a socket of which only we hold the other end. When that end closes,
/// because we close it or because the kernel does after a SIGKILL, the shell kills every process of the session
/// and then ends itself, which we can wait for. (`PR_SET_PDEATHSIG` would not do: it fires when the *thread*
/// that spawned ends, and reaches one process, not its children. Killing the process group would not do either:
/// swift build and others put their children into groups of their own.)
final class Lifeline: Sendable {
    /// What the program is started through, with `sh` as `$0` and the program behind it: descriptor 3 is the
    /// socket, the program gets /dev/null. `$$` is the leader of the session, also after the `exec`.
    static let script = """
        exec 3<&0 </dev/null
        ( (
            trap '' TERM INT HUP QUIT
            if read -r word <&3; then kill -KILL 0; fi
            read -r self rest </proc/self/stat
            round=0
            while [ $round -lt 200 ]; do
                found=
                for stat in /proc/[0-9]*/stat; do
                    read -r line <"$stat" || continue
                    pid=${line%% *}
                    set -- ${line##*) }
                    if [ "$4" = $$ ] && [ "$1" != Z ] && [ "$pid" != "$self" ]; then
                        kill -KILL "$pid"
                        found=1
                    fi
                done
                [ "$found" ] || exit 0
                round=$((round + 1))
                sleep 0.05
            done
        ) >/dev/null 2>&1 & )
        exec "$@" 3<&-
        """

    /// What becomes the program's standard input. Whoever starts the program closes it.
    let programEnd: FileDescriptor

    private struct State {
        /// `nil` when it is closed.
        var end: CInt?
        var expired = false
    }
    private let state: Mutex<State>

    init() throws(ArtifactError) {
        var ends: [CInt] = [0, 0]
        // Close-on-exec from the start: a program that is started at the same moment must not hold our end.
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .system(errno, action: "make a pair of sockets", path: "")
        }
        state = Mutex(State(end: ends[0]))
        programEnd = FileDescriptor(rawValue: ends[1])
    }

    deinit { state.withLock { if let end = $0.end { close(end) } } }

    /// The program has ended by itself: ends what it left behind in its process group.
    func release() {
        state.withLock { state in
            guard let end = state.end else { return }
            _ = send(end, "done\n", 5, CInt(MSG_NOSIGNAL))
            close(end)
            state.end = nil
        }
    }

    /// Ends every process of the session.
    func cut() { state.withLock { if let end = $0.end { shutdown(end, CInt(SHUT_WR)) } } }

    /// The program's time is over.
    func expire() {
        state.withLock { $0.expired = true }
        cut()
    }

    /// Whether ``expire()`` was called.
    var hasExpired: Bool { state.withLock { $0.expired } }

    /// Ends every process of the session, and waits until there is none, at most ten seconds (a process in the
    /// middle of a system call that cannot be interrupted takes its time).
    func cutAndWait() async {
        cut()
        // A task of its own: a cancelled one cannot wait.
        await Task {
            for _ in 0..<1000 {
                if hasEnded() { return }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }.value
        release()
    }

    /// Whether nobody holds the other end any more.
    private func hasEnded() -> Bool {
        state.withLock { state in
            guard let end = state.end else { return true }
            var byte: UInt8 = 0
            let count = recv(end, &byte, 1, CInt(MSG_DONTWAIT))
            return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
        }
    }
}
