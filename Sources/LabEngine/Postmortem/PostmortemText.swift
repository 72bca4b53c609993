// SPDX-License-Identifier: Apache-2.0

/// Writes `postmortem.txt`: what people read first is at the top, the kernel log at the end.
struct PostmortemText {
    let postmortem: Postmortem
    /// The run, and how its guest ended.
    let title: String
    /// A source file and line as people name it; nil where that is not known.
    let place: (_ file: String, _ line: Int) -> String

    /// The whole text.
    var text: String {
        var lines = title.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) + [""]
        lines += section("What each CPU was doing", postmortem.cpus.flatMap(task))
        lines += section("Blocked tasks, and tasks that hold locks", postmortem.tasks.flatMap(task))
        lines += section("Modules", postmortem.modules.flatMap(module))
        lines += section("Inside pacct_energy", inside)
        if !postmortem.problems.isEmpty || !postmortem.isComplete {
            let cut =
                postmortem.isComplete ? [] : ["the post-mortem was cut short: what is above is what was read"]
            lines += section("What could not be read", postmortem.problems + cut)
        }
        lines += section("Kernel log, from the kernel's own ring buffer", postmortem.log)
        return lines.map(\.printable).joined(separator: "\n") + "\n"
    }

    private func section(_ name: String, _ lines: [String]) -> [String] {
        ["== \(name)", ""] + (lines.isEmpty ? ["none"] : lines) + [""]
    }

    // MARK: - tasks

    private func task(_ task: Postmortem.Task) -> [String] {
        let place =
            task.cpu.map { "CPU \($0)" + (task.crashed == true ? ", which panicked" : "") + ": " } ?? ""
        var lines = ["\(place)\(task.comm) (\(task.pid)), \(task.state)"]
        lines += (task.frames ?? []).map { "    " + frame($0) }
        if let problem = task.problem { lines.append("    \(problem)") }
        if let locks = task.locks { lines += held(locks) }
        return lines + [""]
    }

    private func frame(_ frame: Postmortem.Frame) -> String {
        let name = frame.inlined == true ? "\(frame.function ?? "???") (inlined)" : frame.printed
        guard let file = frame.file, let line = frame.line else { return name }
        return "\(name)  \(place(file, line))"
    }

    private func held(_ locks: [Postmortem.Lock]) -> [String] {
        if locks.isEmpty { return [] }
        return ["    locks held, the first taken first:"]
            + locks.map { lock in
                let place = Postmortem.Frame(symbol: lock.symbol, offset: lock.offset, module: lock.module)
                    .printed
                let kind = lock.shared == true ? ", shared" : ""
                return "      \(lock.name) (0x\(String(lock.lock, radix: 16))\(kind)), taken at \(place)"
            }
    }

    // MARK: - modules

    private func module(_ module: Postmortem.Module) -> [String] {
        var lines = ["\(module.name): \(module.state), \(module.references) references"]
        if let problem = module.problem { lines.append("    \(problem)") }
        if let sections = module.sections, !sections.isEmpty {
            lines.append("    loaded at")
            lines += sections.map { "      0x\(String($0.address, radix: 16))  \($0.name)" }
        }
        if let parameters = module.parameters, !parameters.isEmpty {
            lines.append("    parameters")
            lines += parameters.map { "      \($0.name)=\($0.value)" }
        }
        return lines + [""]
    }

    private var inside: [String] {
        var lines = postmortem.facts.map { "\($0.name): \($0.value)" }
        if let ring = postmortem.ring {
            lines.append(
                "ring: \(ring.head) records written since load, \(ring.read) read by somebody, \(ring.lost) lost, "
                    + "room for \(ring.size)")
        }
        if !postmortem.accounts.isEmpty {
            lines += ["", "accounts of tasks without a record, longest run time first:"]
            lines += postmortem.accounts.map { account in
                "    \(account.comm) (\(account.pid)): \(account.runtimeNs / 1000) µs, \(account.energyUj) µJ"
                    + (account.exiting ? ", exiting" : "")
            }
        }
        return lines
    }
}
