// SPDX-License-Identifier: Apache-2.0

import GuestContract
import SystemPackage

/// Takes what the guest sends, checks it, and keeps it within bounds: in memory what judges need, in
/// the run's folder what people look at.
struct EvidenceCollector {
    /// Most bytes of kernel log that are kept. A module that logs more has flooded the log.
    static let kernelLogLimit = 32 << 20
    /// What is judged and shown of a log that is a flood: this much of its beginning, and of its end. Nobody reads more.
    static let floodShown = 1 << 20
    /// Most bytes of energy records that are kept: some 240,000 records.
    static let recordLimit = 64 << 20
    /// Most bytes of the process ledger that are kept: some two million events.
    static let ledgerLimit = 48 << 20
    /// Most bytes of the channel, and of the console, that the host reads at all.
    static let channelLimit: Int64 = 192 << 20
    static let consoleLimit: Int64 = 12 << 20
    private static let noteLimit = 100
    private static let fileLimit = 4 << 20
    /// Most bytes of one snapshot that are kept; one that is longer is not whole, and judged as such.
    private static let snapshotLimit = 5 << 20
    /// Most bytes of samples that are kept: some 5,000 of them.
    private static let sampleLimit = 4 << 20

    private let folder: RunFolder
    private var decoder = FrameDecoder()
    private var files: [String: [UInt8]] = [:]

    private(set) var hello: GuestEvent.Hello?
    private(set) var goodbye: GuestEvent.Goodbye?
    private(set) var steps: [Int: GuestEvent.StepResult] = [:]
    private var openSteps: [Int] = []
    /// When steps began first, nanoseconds of the guest's clock, by their place in the plan.
    private(set) var stepStarts: [Int: UInt64] = [:]
    /// The step that began last of those that have not ended.
    var openStep: Int? { openSteps.last }
    private(set) var kernelLog: [[UInt8]] = []
    private(set) var kernelLogRecords: UInt64 = 0
    private var kernelLogBytes = 0
    private(set) var recordBytes: [UInt8] = []
    private(set) var ledgerBytes: [UInt8] = []
    /// Bytes of the ledger that were not kept.
    private(set) var ledgerOmitted = 0
    private(set) var notes: [String] = []
    /// What came of each snapshot.
    private(set) var snapshots: [SnapshotMoment: [UInt8]] = [:]
    /// The samples as they came.
    private(set) var samples: [UInt8] = []

    /// What the guest has written too much of, nil while it keeps within bounds.
    private(set) var flood: String?

    // The console's bytes, as far as they are kept.
    private(set) var console: [UInt8] = []
    private(set) var consoleOmitted: UInt64 = 0

    /// Whether the kernel's panic message has reached the console.
    var consoleHasPanic: Bool {
        String(decoding: console.suffix(256 << 10), as: UTF8.self).contains("Kernel panic - not syncing")
    }

    var missingFrames: UInt64 { decoder.missingFrames }
    var unfinishedBytes: Int { decoder.unfinishedBytes }

    init(folder: RunFolder) { self.folder = folder }

    /// Takes bytes of the channel and returns the events that are whole now.
    ///
    /// - Throws: ``ContractError`` when the bytes are not from our agent; other errors when the run's
    ///   folder cannot be written.
    mutating func take(_ bytes: [UInt8]) throws -> [GuestEvent] {
        decoder.append(bytes)
        var events: [GuestEvent] = []
        while let frame = try decoder.next() {
            let event = try GuestEvent(frame)
            try keep(event)
            events.append(event)
        }
        return events
    }

    /// Takes bytes of the console.
    mutating func takeConsole(_ bytes: [UInt8]) throws {
        console += bytes
        try folder.appendConsole(bytes)
    }

    /// Takes note of bytes of the console that were not kept.
    mutating func omitConsole(_ count: UInt64) throws {
        if consoleOmitted == 0 { flood = "the console" }
        consoleOmitted += count
    }

    /// Takes note of bytes of the channel that were not kept: everything after them is lost too.
    mutating func omitChannel(_ count: UInt64) { flood = "the channel" }

    private mutating func keep(_ event: GuestEvent) throws {
        switch event {
        case .hello(let hello): self.hello = self.hello ?? hello
        case .goodbye(let goodbye): self.goodbye = self.goodbye ?? goodbye
        case .stepStarted(let index, let time):
            if !openSteps.contains(index) { openSteps.append(index) }
            if stepStarts[index] == nil { stepStarts[index] = time }
        case .stepFinished(let result):
            steps[result.index] = steps[result.index] ?? result
            openSteps.removeAll { $0 == result.index }
            if result.droppedOutput > 0 {
                note("step \(result.index + 1): \(result.droppedOutput) bytes of its output were not kept")
            }
        case .kernelLog(let bytes):
            kernelLogRecords += 1
            kernelLogBytes += bytes.count
            if kernelLogBytes > Self.kernelLogLimit {
                flood = "the kernel log"
            } else {
                kernelLog.append(bytes)
            }
        case .records(let bytes):
            if recordBytes.count + bytes.count > Self.recordLimit {
                flood = "the record device"
            } else {
                recordBytes += bytes
            }
        case .output(let index, _, let bytes): try folder.appendOutput(bytes, ofStep: index)
        case .file(let name, let bytes): try keepFile(name, bytes)
        case .snapshot(let moment, let bytes):
            let room = Self.snapshotLimit - snapshots[moment, default: []].count
            snapshots[moment, default: []] += bytes.prefix(room)
            try folder.appendSnapshot(bytes.prefix(room), of: "\(moment)")
        case .note(let text): note(text)
        case .ledger(let bytes): keepLedger(bytes)
        case .sample(let bytes): try keepSample(bytes)
        case .heartbeat: break
        }
    }

    /// A long ledger is not the module's fault: what is too much makes a doubt, no finding.
    private mutating func keepLedger(_ bytes: [UInt8]) {
        if ledgerOmitted == 0 && ledgerBytes.count + bytes.count <= Self.ledgerLimit {
            ledgerBytes += bytes
        } else {
            ledgerOmitted += bytes.count
        }
    }

    /// Those that are too many are left out: a series that ends early is one all the same.
    private mutating func keepSample(_ bytes: [UInt8]) throws {
        let piece = bytes.prefix(Self.sampleLimit - samples.count)
        samples += piece
        try folder.appendSamples(piece)
    }

    private mutating func note(_ text: String) {
        guard notes.count <= Self.noteLimit else { return }
        notes.append(notes.count == Self.noteLimit ? "more notes were left out" : String(text.prefix(4096)))
    }

    private mutating func keepFile(_ name: String, _ bytes: [UInt8]) throws {
        let size = files.values.reduce(0) { $0 + $1.count }
        guard size + bytes.count <= Self.fileLimit else {
            note(
                "the file \(name) was not kept whole: collected files together may have \(Self.fileLimit) bytes"
            )
            return
        }
        files[name, default: []] += bytes
        try folder.write(files[name, default: []], toCollected: name)
    }
}
