// SPDX-License-Identifier: Apache-2.0

extension ProcessTableBuilder {
    /// What can only be told when all events are known.
    mutating func finish() {
        for leader in execs.keys.sorted() { resolveTakeovers(of: leader) }
        indexByPid()
        noteWhoIsAlive()
        doubt()
    }

    // MARK: - exec by a thread

    /// Finds the threads that took over their leader's pid, or may have.
    private mutating func resolveTakeovers(of leader: Int) {
        let execs = execs[leader] ?? []
        let extras = extraExits[leader] ?? []
        guard let lastExec = execs.last?.timeNs else { return }
        // An exec ends all threads but the one that called it: a thread from before of whose exit nothing was told.
        let silent = (threads[leader] ?? []).filter {
            table.lives[$0].exitNs == nil && (table.lives[$0].forkedNs ?? 0) < lastExec
        }
        for (index, thread) in silent.enumerated() {
            table.lives[thread].takeover = .certain
            guard index < extras.count else { continue }
            table.lives[thread].end(at: extras[index].timeNs...extras[index].timeNs, code: extras[index].code)
        }
        strangers += max(0, extras.count - silent.count)
        let possible = possibleTakeovers(of: leader, execs)
        guard !silent.isEmpty || !possible.isEmpty else { return }
        let group = [leader] + silent + possible
        table.takeoverGroups[leader] = group
        if !possible.isEmpty { blurExits(of: group, possible: possible) }
    }

    /// Threads whose own exit may have been that of the leader they took over from.
    private func possibleTakeovers(of leader: Int, _ execs: [Exec]) -> [Int] {
        (threads[leader] ?? []).filter { place in
            let life = table.lives[place]
            guard life.takeover == .no, let exit = life.exitNs?.lowerBound else { return false }
            return execs.enumerated().contains { index, exec in
                // At a later exec, whoever took over before is the leader.
                (exec.leaderWasAlive || index > 0) && (life.forkedNs ?? 0) < exec.timeNs
                    && Self.isNear(exit, exec)
            }
        }
    }

    /// Nobody can tell which of the tasks ended at which of the times.
    private mutating func blurExits(of group: [Int], possible: [Int]) {
        let times = group.compactMap { table.lives[$0].exitNs }
        guard let first = times.map(\.lowerBound).min(), let last = times.map(\.upperBound).max() else {
            return
        }
        let anyAlive = group.contains { table.lives[$0].mayBeAlive }
        for place in group {
            table.lives[place].exitNs = first...last
            table.lives[place].exitCode = nil
            table.lives[place].mayBeAlive = anyAlive
        }
        for place in possible { table.lives[place].takeover = .possible }
    }

    // MARK: - finding lives

    private mutating func indexByPid() {
        for (place, life) in table.lives.enumerated() {
            table.livesByPid[life.pid, default: []].append(place)
            if life.takeover != .no { table.livesByPid[life.tgid, default: []].append(place) }
        }
        for pid in table.livesByPid.keys {
            table.livesByPid[pid]?.sort {
                table.lives[$0].start.upperBound < table.lives[$1].start.upperBound
            }
        }
    }

    /// The lives that an entry of a listing can be of.
    private func lives(of task: LedgerEvent.ListedTask, in listing: Listing) -> [Int] {
        let end = listing.endedNs ?? .max
        let known = (table.livesByPid[task.pid] ?? []).filter { place in
            let life = table.lives[place]
            guard life.forkedNs ?? 0 <= end else { return false }
            // A zombie's exit was told, and it stays until somebody waits for it.
            return task.isExiting || life.latestExitNs.map { $0 >= listing.beganNs } ?? true
        }
        guard let last = known.last else { return [] }
        let group = table.takeoverGroup(of: last)
        return group.contains { table.lives[$0].takeover == .possible }
            ? known.filter(group.contains) : [last]
    }

    // MARK: - the ledger against /proc

    private mutating func noteWhoIsAlive() {
        var unknown = 0
        for (index, listing) in listings.enumerated() {
            // The last one is made when the ledger ends.
            let isFinal = index == listings.count - 1 && listing.isComplete && table.endedNs != nil
            var seen: Set<Int> = []
            for task in listing.tasks {
                let places = lives(of: task, in: listing)
                if places.isEmpty { unknown += 1 }
                seen.formUnion(places)
                if let window = listing.window, !task.isExiting {
                    table.windows[window].alive.formUnion(places)
                }
                if isFinal, task.isExiting { for place in places { table.lives[place].wasExiting = true } }
            }
            if isFinal { doubtVanished(seen, listing) }
        }
        if unknown > 0 { table.doubts.append("\(unknown) tasks in /proc are of no fork that was told") }
    }

    /// A task that is not there any more must have exited.
    private mutating func doubtVanished(_ seen: Set<Int>, _ listing: Listing) {
        let vanished = table.lives.indices.filter { place in
            let life = table.lives[place]
            return life.exitNs == nil && !life.wasExiting && life.forkedNs ?? 0 <= listing.beganNs
                && !seen.contains(place)
        }
        if let first = vanished.first {
            table.doubts.append(
                "\(vanished.count) tasks went away without an exit that was told,"
                    + " first pid \(table.lives[first].pid)")
        }
    }

    private mutating func doubt() {
        guard isListening else {
            if table.doubts.isEmpty { table.doubts.append("the agent kept no ledger") }
            return
        }
        if table.endedNs == nil { table.doubts.append("it has no end") }
        if table.overruns > 0 {
            table.doubts.append("the kernel had no room for events, \(table.overruns) times")
        }
        if table.missingEvents > 0 { table.doubts.append("\(table.missingEvents) events never came") }
        if strangers > 0 { table.doubts.append("\(strangers) exits are of no task that is known") }
    }
}
