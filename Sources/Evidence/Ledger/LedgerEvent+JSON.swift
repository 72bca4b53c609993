// SPDX-License-Identifier: Apache-2.0

extension LedgerEvent {
    /// The event as one line of `ledger.jsonl`, without the line's end.
    ///
    /// Written by hand: a ledger may have a million lines, and all but two kinds of them hold nothing but numbers.
    public var json: String {
        switch what {
        case .fork(let pid, let tgid, let parentPid, let parentTgid):
            line(
                "fork",
                #""pid":\#(pid),"tgid":\#(tgid),"parent_pid":\#(parentPid),"parent_tgid":\#(parentTgid)"#)
        case .exec(let pid, let tgid): line("exec", #""pid":\#(pid),"tgid":\#(tgid)"#)
        case .exit(let pid, let tgid, let parentPid, let parentTgid, let code):
            line(
                "exit",
                #""pid":\#(pid),"tgid":\#(tgid),"parent_pid":\#(parentPid),"parent_tgid":\#(parentTgid),"#
                    + #""exit_code":\#(code)"#)
        case .task(let task):
            line(
                "task",
                #""pid":\#(task.pid),"tgid":\#(task.tgid),"parent_tgid":\#(task.parent),"#
                    + #""start_ns_at_least":\#(task.startNs),"exiting":\#(task.isExiting),"#
                    + #""kernel_thread":\#(task.isKernelThread),"comm":\#(Self.quoted(task.comm))"#)
        case .mark(let mark, let wentWell, let hasDevice, let module):
            module.isEmpty
                ? line(mark.name, #""ok":\#(wentWell)"#)
                : line(
                    mark.name,
                    #""module":\#(Self.quoted(module)),"ok":\#(wentWell),"record_device_open":\#(hasDevice)"#)
        case .overrun: #"{"event":"overrun","time_ns":\#(timeNs)}"#
        case .gap(let cpu, let missing): line("gap", #""cpu":\#(cpu),"missing_events":\#(missing)"#)
        case .unavailable(let errno): line("unavailable", #""errno":\#(errno)"#)
        }
    }

    private func line(_ event: String, _ rest: String) -> String {
        #"{"event":"\#(event)","time_ns":\#(timeNs),\#(rest)}"#
    }

    /// Text as JSON: names come from the guest and may have anything in them.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..<" ", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension LedgerEvent.Mark {
    /// The mark's name in JSON.
    fileprivate var name: String {
        switch self {
        case .listening: "listening"
        case .listing: "listing"
        case .listed: "listed"
        case .loadStarted: "load_started"
        case .loadEnded: "load_ended"
        case .unloadStarted: "unload_started"
        case .unloadEnded: "unload_ended"
        case .ended: "ended"
        }
    }
}
