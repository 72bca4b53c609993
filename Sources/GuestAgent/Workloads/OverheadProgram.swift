// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// `overhead TASKS`: what a context switch and a fork with its exit take while TASKS others sleep, and what is
/// taken from a task that only computes.
///
/// The measuring process is born in the middle of the crowd: a module that keeps its tasks in a list finds it
/// half-way, whichever end new ones go to. Results are the lines of `Overhead.Line`.
struct OverheadProgram {
    /// Longest time that one loop takes, ns of the guest's time.
    private static let loopLimit: UInt64 = 250_000_000
    private static let switches = 1000
    private static let forkBatches = 24
    /// Few enough that what a module keeps ready for forks lasts: nothing fills it up meanwhile.
    private static let forkBatch = 16
    private static let warmUp = 32
    private static let spins = 15
    /// Turns of two instructions: 20 ms at 8 ns each, five ticks of the timer.
    private static let spinTurns: UInt64 = 1_250_000
    /// For what the kernel and the module do later: counters, records, RCU's callbacks.
    private static let pause: useconds_t = 30_000

    private let tasks: Int
    private var echo = guest_echo()

    /// Does it, and returns the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        guard let text = arguments.first, let tasks = Int(text), (0...Overhead.maximumTasks).contains(tasks)
        else {
            return complain("overhead needs the number of sleeping tasks, 0 to \(Overhead.maximumTasks)")
        }
        var program = OverheadProgram(tasks: tasks)
        return program.run()
    }

    private init(tasks: Int) { self.tasks = tasks }

    // MARK: - the crowd and the one that measures

    private mutating func run() -> Int32 {
        Self.say(.tasks, [UInt64(tasks)])
        let before = Memory.now()
        var crowd = [pid_t](repeating: 0, count: max(tasks, 1))
        var alive = guest_crowd_start(tasks / 2, &crowd)
        var ready: [Int32] = [-1, -1]
        var go: [Int32] = [-1, -1]
        guard alive == tasks / 2, guest_pipe(&ready) == 0, guest_pipe(&go) == 0 else {
            return end(crowd, alive, Self.complain("\(alive) sleeping tasks: \(errorText(errno))"))
        }
        let measurer = guest_fork()
        if measurer == 0 {
            close(go[1])
            exit(measure(ready: ready[1], go: go[0]))
        }
        // With our end closed, the end of the measuring process is the end of the pipe.
        close(ready[1])
        var byte: UInt8 = 0
        guard measurer > 0, read(ready[0], &byte, 1) == 1 else {
            return end(crowd, alive, Self.complain("no measuring process: \(errorText(errno))"))
        }
        alive += crowd.withUnsafeMutableBufferPointer { pids in
            guest_crowd_start(tasks - tasks / 2, pids.baseAddress?.advanced(by: tasks / 2))
        }
        var status: Int32 = 0
        if alive == tasks {
            let (after, settled) = Memory.settled()
            Self.say(.freeKib, [before.free, after.free])
            Self.say(.slabKib, [before.slab, after.slab])
            Self.say(.settled, [settled ? 1 : 0])
            write(go[1], &byte, 1)
        } else {
            status = Self.complain("\(alive) sleeping tasks instead of \(tasks): \(errorText(errno))")
        }
        close(go[1])
        var ended: Int32 = 0
        waitpid(measurer, &ended, 0)
        if status == 0 && ended != 0 { status = Self.complain("the measuring process ended with \(ended)") }
        if status == 0 { Self.say(.end, [1]) }
        return end(crowd, alive, status)
    }

    private func end(_ crowd: [pid_t], _ alive: Int, _ status: Int32) -> Int32 {
        guest_crowd_end(crowd, alive)
        return status
    }

    // MARK: - loops

    private mutating func measure(ready: Int32, go: Int32) -> Int32 {
        guard guest_echo_start(&echo) == 0 else { return Self.complain("no partner: \(errorText(errno))") }
        var byte: UInt8 = 0
        write(ready, &byte, 1)
        guard read(go, &byte, 1) == 1 else { return 1 }
        guard measureSwitches(), measureForks() else {
            return Self.complain("a loop broke off: \(errorText(errno))")
        }
        guest_echo_stop(&echo)
        return 0
    }

    private mutating func measureSwitches() -> Bool {
        var times = [UInt64](repeating: 0, count: Self.switches)
        guard guest_echo_times(&echo, nil, Self.warmUp, Self.loopLimit) > 0, realtime(true) else {
            return false
        }
        let count = guest_echo_times(&echo, &times, times.count, Self.loopLimit)
        guard realtime(false), count > 0 else { return false }
        Self.say(.switchNs, times.prefix(count))
        usleep(Self.pause)
        let spins = (0..<Self.spins).map { _ in guest_spin_time(Self.spinTurns) }
        Self.say(.spinInstructions, [2 * Self.spinTurns])
        Self.say(.spinNs, spins)
        return true
    }

    private mutating func measureForks() -> Bool {
        var all: [UInt64] = []
        guard guest_fork_times(nil, Self.warmUp, Self.loopLimit) > 0 else { return false }
        for _ in 0..<Self.forkBatches {
            usleep(Self.pause)
            var times = [UInt64](repeating: 0, count: Self.forkBatch)
            guard realtime(true) else { return false }
            let count = guest_fork_times(&times, times.count, Self.loopLimit)
            guard realtime(false), count > 0 else { return false }
            all += times.prefix(count)
        }
        usleep(Self.pause)
        let start = guest_raw_time()
        let many = guest_fork_times(nil, .max, Self.loopLimit)
        let elapsed = guest_raw_time() - start
        Self.say(.forkNs, all)
        Self.say(.forkLoop, [elapsed, UInt64(many)])
        return many > 0
    }

    private func realtime(_ on: Bool) -> Bool {
        guest_realtime(0, on ? 1 : 0) == 0 && guest_realtime(echo.pid, on ? 1 : 0) == 0
    }

    // MARK: - words

    private static func say(_ name: Overhead.Line, _ numbers: some Sequence<UInt64>) {
        let line = "\(name.rawValue) \(numbers.map(String.init).joined(separator: " "))\n"
        _ = line.utf8CString.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count - 1) }
    }

    private static func complain(_ text: String) -> Int32 {
        _ = "\(text)\n".utf8CString.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count - 1) }
        return 1
    }
}

/// The guest's memory, KiB.
private struct Memory {
    let free: UInt64
    let slab: UInt64

    private static let longest = 100
    private static let interval: useconds_t = 200_000
    private static let quiet: UInt64 = 64

    static func now() -> Memory {
        let fields = memoryInformation(["MemFree:", "Slab:"])
        return Memory(free: fields[0], slab: fields[1])
    }

    /// Waits until memory use stands still: then whatever a module makes for its tasks is made.
    static func settled() -> (Memory, Bool) {
        var last = now()
        for _ in 0..<longest {
            usleep(interval)
            let next = now()
            let change = last.free > next.free ? last.free - next.free : next.free - last.free
            last = next
            if change <= quiet { return (last, true) }
        }
        return (last, false)
    }
}
