// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import GuestContract
import SystemPackage
import TestSupport
import Testing

@testable import LabEngine

/// What a guest writes into its channel goes the whole way here: frames, monitor, collector, judges.
@Suite("A hostile guest")
struct HostileGuestTests {
    private static let plan = JobPlan(
        job: "r", seed: 1, heartbeat: 1_000_000_000, outputLimit: 1024, recordDevice: "",
        steps: [
            .init(name: "one", limit: 1_000_000_000, always: false, action: .wait(nanoseconds: 1)),
            .init(name: "two", limit: 1_000_000_000, always: false, action: .wait(nanoseconds: 1)),
        ])

    /// Everything an honest agent says in a run in which nothing goes wrong.
    private static let honest: [GuestEvent] = [
        .hello(.init(job: "r", kernelRelease: "6.18.5", cpus: 2, time: 1)),
        .kernelLog(Array("6,0,1000,-;Linux version 6.18.5\n".utf8)),
        .stepStarted(index: 0, time: 2), .stepFinished(.init(index: 0, status: .passed)),
        .kernelLog(Array("6,1,2000,-;all is well\n".utf8)),
        .stepStarted(index: 1, time: 3), .heartbeat(time: 4, freeMemoryKiB: 1),
        .output(index: 1, stream: .standardOutput, bytes: Array("out\n".utf8)),
        .stepFinished(.init(index: 1, status: .passed)),
        .goodbye(
            .init(
                time: 5, steps: 2, kernelLogRecords: 2, recordBytes: 0, ledgerEntries: 0, droppedFrames: 0)),
    ]

    private static func frames(_ events: [GuestEvent]) -> [[UInt8]] {
        events.enumerated().map { index, event in
            Frame(kind: event.kind, sequence: UInt32(index), payload: event.payload).encoded
        }
    }

    /// A folder that holds one run's folder, and is removed at the end.
    private func withFolder<Result>(_ body: (RunFolder, URL) throws -> Result) throws -> Result {
        let parent = FileManager.default.temporaryDirectory.appending(path: "hostile-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: parent) }
        let folder = try RunFolder(
            results: FilePath(parent.path).appending("results"), scenario: "s", variant: "release", seed: 1)
        return try body(folder, parent)
    }

    /// The verdict on a guest that writes `bytes` and powers off, in a folder of its own.
    private func verdict(_ bytes: [UInt8]) throws -> Verdict {
        try withFolder { folder, _ in try verdict(bytes, in: folder) }
    }

    /// The verdict on a guest that writes `bytes` and powers off.
    private func verdict(_ bytes: [UInt8], in folder: RunFolder) throws -> Verdict {
        var monitor = GuestMonitor(
            limits: TimeLimits(accelerator: .tcg, variant: "release"), plan: Self.plan)
        var collector = EvidenceCollector(folder: folder)
        do {
            for event in try collector.take(bytes) { monitor.receive(event, at: .seconds(1)) }
        } catch let error as ContractError {
            monitor.end(.channelBroken(error))
        }
        if let flood = collector.flood { monitor.end(.flooded(what: flood)) }
        monitor.receive(.poweredOff)
        let job = Job(plan: Self.plan, files: [], layers: [], moduleUnderTest: nil, provenance: .none)
        let evidence = RunEvidence(
            collected: collector, ending: monitor.ending ?? .cancelled, job: job,
            expectations: .init(), tail: 4)
        return Judges.verdict(Judges.judge(evidence))
    }

    @Test("The honest run passes, so that the rest of these tests can tell")
    func honestPasses() throws {
        let verdict = try verdict(Self.frames(Self.honest).flatMap(\.self))
        #expect(verdict == .passed)
    }

    @Test("No frame can be left out", arguments: honest.indices)
    func frameLeftOut(index: Int) throws {
        var frames = Self.frames(Self.honest)
        frames.remove(at: index)
        let verdict = try verdict(frames.flatMap(\.self))
        #expect(verdict != .passed)
    }

    @Test("No event that carries evidence can be left out, however the frames are numbered")
    func eventLeftOut() throws {
        for (index, event) in Self.honest.enumerated() {
            switch event {
            // A sign of life, a step's beginning and what a program prints prove nothing.
            case .heartbeat, .stepStarted, .output: continue
            default: break
            }
            var events = Self.honest
            events.remove(at: index)
            let verdict = try verdict(Self.frames(events).flatMap(\.self))
            #expect(verdict != .passed, "without \(event)")
        }
    }

    @Test("An agent of another version is not listened to", arguments: [-1, 1])
    func otherVersion(by difference: Int) throws {
        var bytes = Self.frames(Self.honest).flatMap(\.self)
        // The byte behind the two of the magic number, see Frame.
        try #require(bytes[2] == Contract.version)
        bytes[2] = UInt8(Int(Contract.version) + difference)
        let verdict = try verdict(bytes)
        #expect(verdict == .inconclusive)
    }

    @Test("The channel cannot end early")
    func truncated() throws {
        let whole = Self.frames(Self.honest).flatMap(\.self)
        try withFolder { folder, _ in
            for length in 0..<whole.count {
                let verdict = try verdict(Array(whole[..<length]), in: folder)
                #expect(verdict != .passed, "\(length) bytes")
            }
        }
    }

    @Test("Random changes never crash the host, and what they leave is inside the run's folder")
    func random() throws {
        var generator = SeededGenerator(seed: 7)
        let whole = Self.frames(Self.honest).flatMap(\.self)
        try withFolder { folder, parent in
            for _ in 0..<3000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
                _ = try verdict(bytes, in: folder)
            }
            #expect(try Self.names(in: parent) == ["results"])
            #expect(try Self.names(in: parent.appending(path: "results")) == [folder.id])
        }
    }

    @Test(
        "A collected file's name never leads out of the folder",
        arguments: ["../../escaped", "/etc/escaped", "..", ".", "", "a/../../b", "a\0b", ".hidden"])
    func names(name: String) throws {
        try withFolder { folder, parent in
            let event = GuestEvent.file(name: name, bytes: [1])
            _ = try verdict(Self.frames([event]).flatMap(\.self), in: folder)
            #expect(try Self.names(in: parent) == ["results"])
            let collected = URL(fileURLWithPath: folder.path.appending("files").string)
            #expect((try? Self.names(in: collected)) ?? [] == [])
        }
    }

    @Test("What a guest may make the host keep is bounded")
    func bounded() throws {
        try withFolder { folder, _ in
            var collector = EvidenceCollector(folder: folder)
            let record = [UInt8](repeating: 0x61, count: Contract.maxPayload)
            var sequence: UInt32 = 0
            func send(_ event: GuestEvent) throws {
                _ = try collector.take(
                    Frame(kind: event.kind, sequence: sequence, payload: event.payload).encoded)
                sequence += 1
            }
            for _ in 0..<300 { try send(.records(record)) }
            for _ in 0..<200 { try send(.kernelLog(record)) }
            for _ in 0..<500 { try send(.note(String(repeating: "n", count: 4000))) }
            #expect(collector.recordBytes.count <= EvidenceCollector.recordLimit)
            #expect(collector.kernelLog.reduce(0) { $0 + $1.count } <= EvidenceCollector.kernelLogLimit)
            #expect(collector.notes.count <= 101)
            #expect(collector.flood != nil)
        }
    }

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
}
