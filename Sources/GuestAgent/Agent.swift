// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// PID 1 of the guest: does the plan's steps, streams what happens, powers off.
///
/// One thread, one loop around `poll(2)`. Whatever could block (loading, unloading, a program,
/// reading a file of a broken module) is done by a child, so that the loop goes on and the host
/// keeps hearing from us.
@main
struct Agent {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.first?.split(separator: "/").last == Workload.program[...] {
            exit(WorkloadProgram.run(Array(arguments.dropFirst())))
        }
        if getpid() != 1 {
            print("pacct-agent is PID 1 of a pacctlab guest; it does nothing anywhere else")
            exit(2)
        }
        prepareSystem()
        var channel = Channel(port: Channel.findPort(named: Contract.portName))
        do {
            let plan = try readPlan()
            let loop = Loop(plan: plan, channel: channel)
            loop.run()
        } catch {
            channel.send(.note("no plan: \(error)"))
            channel.flush(for: .seconds(5))
        }
        // Somebody wants to see the guest's memory as it is now.
        let words = (readLine(of: "/proc/cmdline") ?? "").split(separator: " ")
        if !words.contains(Contract.stayUpWord[...]) { guest_power_off() }
        // Only reached when the machine cannot be ended: PID 1 must not return.
        while true { pause() }
    }

    private static func prepareSystem() {
        Mounts.mountAll()
        signal(SIGPIPE, SIG_IGN)
        guest_console_verbose()
        // A storm of processes must not keep the agent from seeing it. Children go back to 0.
        nice(-20)
        setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin:/job", 1)
    }

    private static func readPlan() throws(PlanError) -> JobPlan {
        guard let bytes = readWholeFile(Contract.planPath, limit: 16 << 20) else {
            throw .unreadable(errno: errno)
        }
        do { return try JobPlan(decoding: bytes) } catch { throw .malformed(error) }
    }
}

/// Why there is nothing to do.
enum PlanError: Error, CustomStringConvertible {
    case unreadable(errno: Int32)
    case malformed(ContractError)

    var description: String {
        switch self {
        case .unreadable(let errno): "\(Contract.planPath) cannot be read: \(errorText(errno))"
        case .malformed(let error): "\(Contract.planPath): \(error)"
        }
    }
}
