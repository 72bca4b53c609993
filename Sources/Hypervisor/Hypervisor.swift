// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Synchronization
import SystemPackage

/// Makes guests. One per process, opened before anything else starts processes and closed at the end.
///
/// It makes this process the parent of orphaned QEMUs (a child subreaper, prctl(2)), and limits
/// the size of files that it and its children write to 32 GiB.
public final class Hypervisor: Sendable {
    /// How a hypervisor is opened.
    public struct Configuration: Sendable {
        /// libvirt's URI; `nil` runs the QEMU driver inside this process, without any daemon.
        public var uri: String?
        /// What is known about this host is kept here.
        public var cacheDirectory: FilePath
        /// Guests' files live below this folder while they run. A short path.
        public var temporaryDirectory: FilePath
        /// QEMU; `nil` looks for `qemu-system-x86_64` in PATH.
        public var emulator: FilePath?
        /// Who cleans up when this process is killed.
        public var guardian: Guardian.Launch
        /// Takes what may interest whoever looks for the cause of a failure.
        public var logger: Logger

        /// Makes a configuration; see the properties of the same names.
        public init(
            uri: String? = nil, cacheDirectory: FilePath, temporaryDirectory: FilePath = "/var/tmp",
            emulator: FilePath? = nil, guardian: Guardian.Launch = .reexecute,
            logger: Logger = Logger(label: "hypervisor")
        ) {
            self.uri = uri
            self.cacheDirectory = cacheDirectory
            self.temporaryDirectory = temporaryDirectory
            self.emulator = emulator
            self.guardian = guardian
            self.logger = logger
        }
    }

    let configuration: Configuration
    let emulator: Emulator
    let session: Session
    private let events: LibvirtEvents
    private let guardian: Guardian?
    private let guests: GuestRegistry
    /// What QEMU says of itself; nil before it was asked.
    private let emulatorVersion = Mutex<String?>(nil)

    /// No file that a guest, or a build, writes may be larger: a safety net behind the caps, bytes.
    static let largestFile: UInt64 = 32 << 30

    private init(
        configuration: Configuration, emulator: Emulator, session: Session, events: LibvirtEvents,
        guardian: Guardian?, guests: GuestRegistry
    ) {
        self.configuration = configuration
        self.emulator = emulator
        self.session = session
        self.events = events
        self.guardian = guardian
        self.guests = guests
    }

    /// Starts libvirt's driver, or connects to one, and the guardian.
    ///
    /// - Throws: ``HypervisorError``.
    public static func open(_ configuration: Configuration) async throws -> Hypervisor {
        try await BlockingThread.run { try openBlocking(configuration) }
    }

    private static let embeddedDriverUsed = Mutex(false)

    private static func openBlocking(_ configuration: Configuration) throws -> Hypervisor {
        let isFirst =
            configuration.uri != nil
            || embeddedDriverUsed.withLock { used in
                defer { used = true }
                return !used
            }
        guard isFirst else {
            // Even after its last connection was closed it keeps its folder, and refuses any other.
            throw HypervisorError(
                .libvirtUnavailable,
                "Could not open a second hypervisor. A process can have libvirt's embedded driver once.",
                advice: "Keep the first one open for as long as guests are needed.")
        }
        let emulator = try Emulator.find(configuration.emulator)
        let owner = try Owner.ofQEMU()
        try limitFileSize()
        let folder = try SessionFolder.make(in: configuration.temporaryDirectory, owner: owner)
        var undo: [() -> Void] = [{ folder.remove(logger: configuration.logger) }]
        do {
            let guardian = try Guardian.start(configuration.guardian, folder: folder.path)
            undo.append { guardian?.release() }
            try ChildReaper.shared.start()
            undo.append { ChildReaper.shared.stop() }
            let uri = configuration.uri ?? "qemu:///embed?root=\(folder.libvirtRoot)"
            let program = try EmulatorWrapper.emulator(
                emulator.path, owner: owner, base: folder.path.removingLastComponent())
            let capabilities = CapabilitiesCache(
                cacheDirectory: configuration.cacheDirectory, libvirtRoot: folder.libvirtRoot)
            if configuration.uri == nil { capabilities.restore() }
            let connection = try LibvirtConnection(uri: uri)
            undo.append { connection.close() }
            let guests = GuestRegistry()
            let events = try LibvirtEvents(connection) { uuid, event in guests.deliver(event, to: uuid) }
            let session = Session(
                folder: folder, connection: connection, owner: owner,
                memories: SessionMemories(folder: folder.path, owner: owner), emulator: program,
                capabilities: capabilities,
                isEmbedded: configuration.uri == nil, logger: configuration.logger)
            return Hypervisor(
                configuration: configuration, emulator: emulator, session: session, events: events,
                guardian: guardian, guests: guests)
        } catch {
            for step in undo.reversed() { step() }
            throw error
        }
    }

    private static func limitFileSize() throws {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
            throw HypervisorError.system(errno, action: "read the limit on file sizes")
        }
        limit.rlim_cur = min(limit.rlim_cur, rlim_t(largestFile))
        guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
            throw HypervisorError.system(errno, action: "set the limit on file sizes")
        }
    }

    /// QEMU's version, asked once.
    func versionOfEmulator() async throws -> String {
        if let known = emulatorVersion.withLock({ $0 }) { return known }
        let version = try await emulator.version()
        emulatorVersion.withLock { $0 = version }
        return version
    }

    /// Prepares a guest: copies what it boots from into a folder of its own. Starts nothing.
    ///
    /// - Throws: ``HypervisorError``.
    public func makeGuest(_ spec: GuestSpec) async throws -> Guest {
        try spec.validate()
        let number = try guests.nextNumber()
        let session = session
        let guest = try await BlockingThread.run { try Guest.make(spec, number: number, session: session) }
        do {
            try guests.add(guest)
        } catch {
            await guest.remove()
            throw error
        }
        guest.whenRemoved { [guests] uuid in guests.forget(uuid) }
        return guest
    }

    /// Kills every QEMU of this session, at once and without waiting; no guest can be made or started
    /// afterwards. For the way out when a signal came: not safe within a signal handler itself.
    public func killAll() {
        guests.refuseMore()
        ProcessHunt.killEmulators(naming: session.folder.path)
        for guest in guests.all { guest.killEmulator() }
    }

    /// Ends every guest, libvirt and the guardian, and removes all guests' files. Must be called;
    /// calling it again does nothing.
    public func close() async {
        guard let rest = guests.close() else { return }
        // A guest that waits for such an answer is not wanted any more.
        await BlockingThread.run { [session] in
            ProcessHunt.killCapabilityProbes(libvirtRoot: session.folder.libvirtRoot)
        }
        await withTaskGroup { group in
            for guest in rest { group.addTask { await guest.remove() } }
        }
        let (session, events, guardian) = (session, events, guardian)
        await BlockingThread.run {
            // libvirt still writes to its folders for guests that have just ended.
            for guest in rest { guest.waitForLibvirt() }
            events.stop()
            session.connection.close()
            // Whatever libvirt itself has left: it probes QEMU's abilities with guests of its own.
            ProcessHunt.killEmulators(naming: session.folder.path)
            session.folder.remove(logger: session.logger)
            guardian?.release()
            ChildReaper.shared.stop()
        }
    }
}
