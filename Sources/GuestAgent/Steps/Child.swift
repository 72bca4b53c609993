// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// What a child is for.
enum Work {
    /// A step of the plan.
    case action(JobPlan.Action)
    /// A snapshot, with what these counters show.
    case snapshot(SnapshotMoment, CPUCounters)
    /// A sample of the system's numbers while that module is watched.
    case sample(module: String)
}

/// The process that does a step, with the pipes its output comes through.
struct Child {
    let pid: pid_t
    var standardOutput: Int32
    var standardError: Int32

    /// Starts the process for `work`.
    ///
    /// - Parameters:
    ///   - start: Where a program runs, and with which priority.
    ///   - faults: Whether the kernel's fault injection is to strike it.
    /// - Returns: nil with `errno` set when no process or pipe can be had, for instance ENOMEM.
    static func start(_ work: Work, _ start: JobPlan.Start, faults: Bool) -> Child? {
        var output: [Int32] = [-1, -1]
        var error: [Int32] = [-1, -1]
        guard guest_pipe(&output) == 0 else { return nil }
        guard guest_pipe(&error) == 0 else {
            closeKeepingErrno(output)
            return nil
        }
        let pid: pid_t
        switch work {
        case .action(let action):
            pid = fork(action, start, faults: faults ? 1 : 0, output: output[1], error: error[1])
        case .snapshot(let moment, let counters):
            pid = counters.forkSnapshot(moment, output: output[1], error: error[1])
        case .sample(let module): pid = guest_fork_sample(module, output[1], error[1])
        }
        closeKeepingErrno([output[1], error[1]])
        guard pid > 0 else {
            closeKeepingErrno([output[0], error[0]])
            return nil
        }
        // Only our ends are non-blocking: a program that finds EAGAIN on its output would break.
        for descriptor in [output[0], error[0]] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        return Child(pid: pid, standardOutput: output[0], standardError: error[0])
    }

    /// Signals the process and all that it started in its session's process group.
    func signalAll(_ number: Int32) {
        kill(-pid, number)
        kill(pid, number)
    }

    /// Closes what is still open of the pipes.
    mutating func closePipes() {
        for descriptor in [standardOutput, standardError] where descriptor >= 0 { close(descriptor) }
        standardOutput = -1
        standardError = -1
    }

    private static func fork(
        _ action: JobPlan.Action, _ start: JobPlan.Start, faults: Int32, output: Int32, error: Int32
    ) -> pid_t {
        switch action {
        case .load(let path, let parameters):
            return guest_fork_call(GUEST_LOAD_MODULE, path, parameters, 0, faults, output, error)
        case .unload(let name):
            return guest_fork_call(GUEST_UNLOAD_MODULE, name, "", 0, faults, output, error)
        case .write(let path, let text):
            return guest_fork_call(GUEST_WRITE_FILE, path, text, text.utf8.count, faults, output, error)
        case .collect(let path, _):
            return guest_fork_call(GUEST_COPY_FILE, path, "", 0, 0, output, error)
        case .check(let path, _):
            return guest_fork_call(
                path.isEmpty ? GUEST_COPY_LOG : GUEST_COPY_FILE, path, "", 0, 0, output, error)
        case .run(let arguments, let environment):
            // A program cannot start when its own exec fails: workloads mark themselves once they are ready.
            let inherited =
                ["PATH=/bin:/sbin:/usr/bin:/usr/sbin:/job", "HOME=/tmp", "TERM=dumb"]
                + (faults != 0 ? ["\(Workload.faultVariable)=1"] : [])
            return withCStrings(arguments) { argv in
                withCStrings(inherited + environment) {
                    guest_fork_exec(argv, $0, start.cpus, CInt(start.nice), output, error)
                }
            }
        case .wait, .together, .repeating, .fault, .suspendRecords:
            errno = EINVAL
            return -1
        }
    }

    private static func closeKeepingErrno(_ descriptors: [Int32]) {
        let kept = errno
        for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
        errno = kept
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
