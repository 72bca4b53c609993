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
    /// How long it takes until a guest without a job is stopped, seconds of the guest's time. Nothing happens then.
    private static let saveTimeout: CInt = 2

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
        var staysUp = false
        do {
            let plan = try takeJob()
            staysUp = plan.staysUp
            renew(plan, &channel)
            Loop(plan: plan, channel: channel).run()
        } catch {
            channel.send(.note("no job: \(error)"))
            channel.flush(for: .seconds(5))
        }
        if !staysUp { guest_power_off() }
        // Somebody wants to see the guest's memory as it is now, or the machine cannot be ended: PID 1 must not return.
        while true { pause() }
    }

    /// Where the job is not there yet this guest is to be saved. The machine's watchdog stops it, at a moment that no
    /// host decides, so that one snapshot is like the other; whatever is restored from it goes on here.
    private static func takeJob() throws(JobError) -> JobPlan {
        let source = try JobSource()
        if !source.hasJob {
            let watchdog = Watchdog(timeout: saveTimeout)
            source.wait()
            watchdog.stop()
        }
        return try source.unpack()
    }

    /// Cold or restored, what the kernel has gathered so far decides nothing from here on.
    private static func renew(_ plan: JobPlan, _ channel: inout Channel) {
        let clock = guest_set_clock(plan.epoch)
        if clock != 0 { channel.send(.note("the clock cannot be set: \(errorText(clock))")) }
        let random = guest_renew_random(plan.seed)
        if random != 0 {
            channel.send(.note("the kernel's random numbers cannot be renewed: \(errorText(random))"))
        }
    }

    private static func prepareSystem() {
        Mounts.mountAll()
        signal(SIGPIPE, SIG_IGN)
        guest_console_verbose()
        // A storm of processes must not keep the agent from seeing it. Children go back to 0.
        nice(-20)
        setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin:/job", 1)
    }
}
