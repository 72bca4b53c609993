// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import SystemPackage

/// One QEMU virtual machine. Made by ``Hypervisor/makeGuest(_:)``; started once, never twice.
///
/// Every guest that was made must be ended by ``remove()`` (or by ``Hypervisor/close()``).
public final class Guest: Sendable {
    enum Phase {
        case made
        case starting
        case running(LibvirtDomain, ProcessHandle)
        case ended
    }

    struct State {
        var phase = Phase.made
        var history = MachineHistory()
        var definition: String
        /// Why it must not start any more.
        var refusesStart = false
        /// libvirt has started its QEMU.
        var isKnownToLibvirt = false
        /// libvirt has noticed that QEMU is gone.
        var stoppedForLibvirt = false
        var lastLog = ""
        var whenRemoved: (@Sendable (String) -> Void)?
    }

    /// What it was made of.
    public let spec: GuestSpec
    /// What happens to its machine, oldest first; ends once QEMU is gone. Iterate it once.
    public let events: AsyncStream<MachineEvent>
    /// The serial console.
    public let console: FileTail
    /// What the agent writes to its port.
    public let channel: FileTail

    /// libvirt's name of the domain, and of its log file.
    let name: String
    /// libvirt's identity of the domain.
    let uuid: String
    let session: Session
    let files: GuestFiles
    let state: Mutex<State>
    /// Set once QEMU is gone and the last event was sent.
    let end = OneShot<Void>()
    private let eventSink: AsyncStream<MachineEvent>.Continuation

    private init(
        spec: GuestSpec, name: String, uuid: String, session: Session, files: GuestFiles, definition: String,
        console: FileTail, channel: FileTail
    ) {
        self.spec = spec
        self.name = name
        self.uuid = uuid
        self.session = session
        self.files = files
        self.console = console
        self.channel = channel
        state = Mutex(State(definition: definition))
        // Never more than one of each kind: no bound needed.
        (events, eventSink) = AsyncStream.makeStream(of: MachineEvent.self)
    }

    /// Makes the guest's folder and files. Blocks.
    static func make(_ spec: GuestSpec, number: Int, session: Session) throws -> Guest {
        let folder = session.folder.path.appending("g\(number)")
        let files = try GuestFiles.make(
            in: folder, spec: spec, owner: session.owner, memories: session.memories)
        do {
            // The session's name makes it unique for a libvirt daemon that others use as well.
            let name = "\(session.folder.path.lastComponent?.string ?? "s")-g\(number)"
            let uuid = UUID().uuidString.lowercased()
            let xml = DomainXML(spec: spec, files: files, name: name, uuid: uuid, emulator: session.emulator)
            let console = try FileTail(creating: files.console, owner: session.owner, cap: spec.consoleCap)
            do {
                let channel = try FileTail(
                    creating: files.channel, owner: session.owner, cap: spec.channelCap)
                return Guest(
                    spec: spec, name: name, uuid: uuid, session: session, files: files, definition: xml.text,
                    console: console, channel: channel)
            } catch {
                console.abandon()
                throw error
            }
        } catch {
            try? FileSystem.remove(folder)
            throw error
        }
    }

    /// The guest's folder on the host, until ``remove()``.
    public var folder: FilePath { files.folder }

    /// Where the terminal of a guest that has one is reached, once it has started: a UNIX socket for one peer.
    public var terminalSocket: FilePath { files.terminal }

    /// Where gdb reaches a guest whose specification wants that, once it is loaded: a UNIX socket.
    public var debuggerSocket: FilePath { files.debugger.appending("socket") }

    /// Whether its QEMU is gone, or never was and never will be.
    public var hasEnded: Bool { end.value != nil }

    /// Its definition: as libvirt completed it once it has started, as handed to libvirt before.
    public var domainXML: String { state.withLock { $0.definition } }

    /// The end of what libvirt and QEMU logged about it, at most 64 KiB. Stays readable after ``remove()``.
    public var qemuLog: String {
        let last = state.withLock { $0.lastLog }
        return last.isEmpty ? readLog() : last
    }

    // MARK: What others report

    /// Takes an event from libvirt's event loop.
    func receive(_ event: LibvirtEvent) {
        state.withLock { state in
            if event == .stopped { state.stoppedForLibvirt = true }
            for event in state.history.receive(event) { eventSink.yield(event) }
            // libvirt will end QEMU, and looks only after 200 ms whether it has.
            if state.history.isEndExplained, case .running(_, let handle) = state.phase { handle.terminate() }
        }
    }

    /// Takes the end of QEMU's process, on a thread of its own. Unless it is known why QEMU ended, blocks
    /// until libvirt knows as well: the events that tell may still be on their way through it.
    func processEnded(_ status: ExitStatus) {
        state.withLock { $0.history.processEnded(status) }
        let deadline = ContinuousClock.now + .seconds(5)
        while !state.withLock({ $0.stoppedForLibvirt || $0.history.isEndExplained }),
            ContinuousClock.now < deadline
        {
            BlockingThread.sleep(.milliseconds(2))
        }
        finish()
    }

    /// Blocks until libvirt, too, is done with a guest that has ended; 5 seconds at most.
    func waitForLibvirt() {
        let deadline = ContinuousClock.now + .seconds(5)
        while state.withLock({ $0.isKnownToLibvirt && !$0.stoppedForLibvirt }), ContinuousClock.now < deadline
        {
            BlockingThread.sleep(.milliseconds(5))
        }
    }

    func emit(_ event: MachineEvent) { eventSink.yield(event) }

    /// The guest is over: the last event, and the end of everything that can be followed.
    /// `silently` for a guest that never ran.
    func finish(silently: Bool = false) {
        let log = readLog()
        let isFirst = state.withLock { state in
            guard !state.history.hasEnded else { return false }
            state.lastLog = log
            let last = state.history.end(log: String(log.suffix(4096)))
            if !silently { for event in last { eventSink.yield(event) } }
            state.phase = .ended
            return true
        }
        guard isFirst else { return }
        eventSink.finish()
        console.writerHasEnded()
        channel.writerHasEnded()
        end.set(())
    }

    private func readLog() -> String {
        guard let path = session.emulatorLog(of: name) else { return "" }
        return String(decoding: SmallFile.end(of: path, limit: 1 << 16), as: UTF8.self)
    }

    func whenRemoved(_ body: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.whenRemoved = body }
    }
}
