// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

extension Guest {
    /// How long QEMU may take to answer a command.
    private static let commandLimit = Duration.seconds(20)

    /// Sends a non-maskable interrupt to the guest's CPUs.
    ///
    /// - Throws: ``HypervisorError``.
    public func injectNMI() async throws {
        try await command("send an NMI to the guest \(spec.name)") { try $0.injectNMI() }
    }

    /// Stops the guest's CPUs.
    ///
    /// - Throws: ``HypervisorError``.
    public func pause() async throws {
        try await command("pause the guest \(spec.name)") { try $0.suspend() }
    }

    /// Lets the guest's CPUs run again.
    ///
    /// - Throws: ``HypervisorError``.
    public func resume() async throws {
        try await command("let the guest \(spec.name) run") { try $0.resume() }
    }

    /// Writes the guest's memory to a file as an ELF core, which drgn and crash open. The guest stands
    /// still meanwhile. The file is as large as the guest's memory.
    ///
    /// - Parameters:
    ///   - path: the file to write. It must not exist.
    ///   - limit: how long that may take. Beyond it QEMU is killed: there is no other way to stop it.
    /// - Throws: ``HypervisorError``; no file is left then.
    public func coreDump(to path: FilePath, limit: Duration) async throws {
        let action = "dump the memory of the guest \(spec.name) to \(path)"
        guard path.isAbsolute else {
            throw HypervisorError(.invalidSpec, "Could not \(action). The path must be absolute.")
        }
        guard !FileSystem.exists(path) else {
            throw HypervisorError(.file, "Could not \(action). The file exists.")
        }
        let needed = Int64(spec.memoryMiB) << 20
        let free = HostFacts.freeSpace(at: path.removingLastComponent())
        if let free, free < needed + needed / 8 {
            throw HypervisorError(
                .system(ENOSPC),
                "Could not \(action). It takes \(spec.memoryMiB) MiB, and \(free >> 20) MiB are free there.",
                advice: "Free some space on that file system, or choose another folder.")
        }
        let (domain, handle) = try running(action)
        do {
            try await Limited.run(
                action, limit: limit, abort: { handle.kill() }, body: { try domain.dumpMemory(to: path) }
            )
        } catch {
            unlink(path.string)
            throw error
        }
    }

    /// Saves a guest that was made for that, and ends it.
    ///
    /// - Parameters:
    ///   - folder: an empty folder, where ``Snapshot``'s files will be.
    ///   - limit: how long QEMU may take before it is killed.
    /// - Throws: ``HypervisorError``; the files are not whole then.
    public func saveSnapshot(to folder: FilePath, limit: Duration) async throws {
        let action = "save the guest \(spec.name) to \(folder)"
        guard spec.origin == .bootForSnapshot, let memory = files.memory else {
            throw HypervisorError(.wrongState, "Could not \(action). It was not made for that.")
        }
        let (domain, handle) = try running(action)
        let snapshot = Snapshot(folder: folder)
        try await Limited.run(
            action, limit: limit, abort: { handle.kill() },
            body: {
                try domain.suspend()
                try MachineState.save(domain, to: snapshot.state)
            })
        // Its memory is written to for as long as QEMU is there.
        try await destroy()
        try await BlockingThread.run { try FileSystem.copySparse(memory, to: snapshot.memory) }
    }

    private func command(
        _ action: String, _ body: @escaping @Sendable (LibvirtDomain) throws -> Void
    ) async throws {
        let (domain, _) = try running(action)
        // A QEMU that does not answer is not killed for that: whoever follows the guest decides.
        try await Limited.run(
            action, limit: Self.commandLimit, grace: .zero, abort: {}, body: { try body(domain) })
    }

    private func running(_ action: String) throws(HypervisorError) -> (LibvirtDomain, ProcessHandle) {
        guard case .running(let domain, let handle) = state.withLock({ $0.phase }) else {
            throw HypervisorError(.wrongState, "Could not \(action). It is not running.")
        }
        return (domain, handle)
    }
}
