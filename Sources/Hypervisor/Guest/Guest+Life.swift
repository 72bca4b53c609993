// SPDX-License-Identifier: Apache-2.0

import SystemPackage

extension Guest {
    /// Starts QEMU and lets the guest run: from its kernel, or from where its snapshot was taken.
    ///
    /// - Parameter limit: how long libvirt and QEMU may take for that. On a host's first start libvirt
    ///   looks at what QEMU can do, which takes seconds.
    /// - Throws: ``HypervisorError``, also when it was started before; `CancellationError`. The guest
    ///   has ended then.
    public func start(limit: Duration) async throws {
        try await load(limit: limit)
        do { try await run() } catch {
            // A guest of a few instructions can be over before libvirt has let it run.
            if state.withLock({ $0.history.isEndExplained }) { return }
            await endFailedStart()
            throw error
        }
    }

    /// Starts QEMU and stops there: the guest is all there, and does not run before ``run(sharing:)``.
    ///
    /// - Parameter limit: as for ``start(limit:)``.
    /// - Throws: as ``start(limit:)``.
    public func load(limit: Duration) async throws {
        let definition = try state.withLock { state throws(HypervisorError) in
            guard case .made = state.phase else {
                throw HypervisorError(
                    .wrongState, "Could not start the guest \(spec.name). It was started, or ended, before.")
            }
            if state.refusesStart {
                throw HypervisorError(
                    .closed, "Could not start the guest \(spec.name). Every guest was told to end.")
            }
            state.phase = .starting
            return state.definition
        }
        do {
            try await Limited.run(
                "start the guest \(spec.name)", limit: limit, abort: { self.abortStart() },
                body: { try self.startBlocking(definition) })
        } catch {
            await endFailedStart()
            throw error
        }
        if session.isEmbedded { await BlockingThread.run { [session] in session.capabilities.save() } }
    }

    /// Lets a guest that was loaded run.
    ///
    /// - Parameter content: what it shares with us from now on; nil: what its specification says.
    /// - Throws: ``HypervisorError``.
    public func run(sharing content: GuestSpec.SharedMemory.Content? = nil) async throws {
        if let content, var memory = spec.sharedMemory {
            memory.content = content
            try await BlockingThread.run { [files, memory] in try files.fillShared(memory) }
        }
        try await resume()
    }

    private func startBlocking(_ definition: String) throws {
        let domain = try LibvirtDomain(starting: definition, name: spec.name, on: session.connection)
        do {
            guard let process = ProcessHunt.emulators(naming: files.folder).first else {
                throw HypervisorError(
                    .wrongState,
                    "Could not watch the guest \(spec.name). Its QEMU is not among the processes of this host.",
                    advice: "Use a libvirt connection to this very host.")
            }
            let handle = try ChildReaper.shared.watch(process.pid) { self.processEnded($0) }
            let refused = state.withLock { state in
                state.phase = .running(domain, handle)
                state.isKnownToLibvirt = true
                emit(.started(qemuPID: process.pid))
                return state.refusesStart
            }
            if refused {
                handle.kill()
                throw HypervisorError(.closed, "Could not start the guest \(spec.name). It was told to end.")
            }
            if let complete = try? domain.definition() { state.withLock { $0.definition = complete } }
            if case .restore(let snapshot) = spec.origin { try restore(snapshot, into: domain) }
        } catch {
            try? domain.destroy()
            throw error
        }
    }

    /// A QEMU that does not like the state ends; only its log says why.
    private func restore(_ snapshot: Snapshot, into domain: LibvirtDomain) throws {
        do { try MachineState.load(snapshot.state, into: domain) } catch {
            let lines = qemuLog.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " / ")
            throw HypervisorError(
                .wrongState, "Could not restore the guest \(spec.name). \(error) QEMU's log ends: \(lines)",
                advice: "`--cold` boots it instead.")
        }
    }

    /// Makes libvirt's call fail: without its QEMU it cannot go on. When the guest's own is not there yet,
    /// libvirt is busy with the one it asks what QEMU can do; other guests wait for that answer too, so
    /// the call is left behind, and ends itself as soon as libvirt has it.
    private func abortStart() {
        state.withLock { $0.refusesStart = true }
        ProcessHunt.killEmulators(naming: files.folder)
    }

    private func endFailedStart() async {
        state.withLock { state in
            state.refusesStart = true
            state.history.destroyRequested()
        }
        await BlockingThread.run { self.endFailedStartBlocking() }
    }

    private func endFailedStartBlocking() {
        ProcessHunt.killEmulators(naming: files.folder)
        // A watched QEMU reports its own end.
        if case .running = state.withLock({ $0.phase }) { return }
        finish(silently: true)
    }

    /// Ends the guest, whatever it is doing; its files stay. A guest that has ended is fine.
    ///
    /// - Parameter limit: how long QEMU may take before it is killed.
    /// - Throws: ``HypervisorError/Code/timeLimit`` when even that did not end it.
    public func destroy(limit: Duration = .seconds(10)) async throws {
        enum Work { case none, finish, wait, destroy(LibvirtDomain, ProcessHandle) }
        let work = state.withLock { state -> Work in
            state.refusesStart = true
            state.history.destroyRequested()
            switch state.phase {
            case .made:
                state.phase = .ended
                return .finish
            case .starting: return .wait
            case .running(let domain, let handle): return .destroy(domain, handle)
            case .ended: return .none
            }
        }
        switch work {
        case .none: return
        case .finish: finish(silently: true)
        case .wait: await BlockingThread.run { self.abortStart() }
        case .destroy(let domain, let handle):
            handle.terminate()
            // Its error is of no interest: what counts is whether QEMU ends.
            BlockingThread.detach { try? domain.destroy() }
        }
        if await end.wait(limit: limit) != nil { return }
        killEmulator()
        if await end.wait(limit: .seconds(10)) != nil { return }
        throw HypervisorError(
            .timeLimit,
            "Could not end the guest \(spec.name). Its QEMU is still there 10 seconds after SIGKILL.",
            advice: "The host's kernel may be stuck: see `dmesg`.")
    }

    /// Sends SIGKILL to its QEMU, if there is one.
    func killEmulator() {
        if case .running(_, let handle) = state.withLock({ $0.phase }) { handle.kill() }
    }

    /// From now on it does not start.
    func refuseStart() { state.withLock { $0.refusesStart = true } }

    /// Ends the guest and removes its folder. Its tails end; its log and definition stay readable.
    public func remove() async {
        do {
            try await destroy()
            console.abandon()
            channel.abandon()
            try await BlockingThread.run { [files] in try FileSystem.remove(files.folder) }
        } catch {
            // The session's end, or the guardian, tries again.
            session.logger.warning("\(error)")
        }
        let whenRemoved = state.withLock { state in
            defer { state.whenRemoved = nil }
            return state.whenRemoved
        }
        whenRemoved?(uuid)
    }
}
