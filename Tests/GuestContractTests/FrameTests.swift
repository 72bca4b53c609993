// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GuestContract

@Suite struct FrameTests {
    static let events: [GuestEvent] = [
        .hello(.init(job: "r1", kernelRelease: "6.18.5", cpus: 2, time: 7)),
        .kernelLog(Array("6,1,2,-;hello\n".utf8)),
        .stepStarted(index: 3, time: 99),
        .stepFinished(
            .init(
                index: 3, status: .failed, errno: 19, exitCode: 2, signal: 9, duration: 5, droppedOutput: 8,
                message: "no such device")),
        .output(index: 0, stream: .standardError, bytes: [0, 255, 10]),
        .records([1, 2, 3]),
        .heartbeat(time: 1, freeMemoryKiB: 2),
        .file(name: "stats", bytes: [9]),
        .note("channel was full"),
        .goodbye(
            .init(
                time: 4, steps: 5, kernelLogRecords: 6, recordBytes: 7, ledgerEntries: 8, droppedFrames: 9)),
        .ledger([4]),
        .snapshot(.unloaded, bytes: [1, 0, 10]),
        .sample(Array("sample 1\n".utf8)),
    ]

    static var stream: [UInt8] {
        events.enumerated().flatMap { index, event in
            Frame(kind: event.kind, sequence: UInt32(index), payload: event.payload).encoded
        }
    }

    @Test(arguments: [1, 2, 7, 4096])
    func `comes back however it was chopped`(chunk: Int) throws {
        var decoder = FrameDecoder()
        var decoded: [GuestEvent] = []
        var rest = Self.stream[...]
        while !rest.isEmpty {
            decoder.append(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
            while let frame = try decoder.next() { decoded.append(try GuestEvent(frame)) }
        }
        #expect(decoded == Self.events)
        #expect(decoder.missingFrames == 0)
        #expect(decoder.unfinishedBytes == 0)
    }

    @Test func `counts frames that never came`() throws {
        var decoder = FrameDecoder()
        for sequence in [0, 1, 5] as [UInt32] {
            decoder.append(Frame(kind: .note, sequence: sequence, payload: []).encoded)
        }
        while try decoder.next() != nil {}
        #expect(decoder.missingFrames == 3)
    }

    @Test func `refuses what is no frame, for good`() {
        var decoder = FrameDecoder()
        decoder.append(Array("Kernel panic - not syncing".utf8))
        #expect(throws: ContractError.badMagic) { try decoder.next() }
        decoder.append(Self.stream)
        #expect(throws: ContractError.badMagic) { try decoder.next() }
    }

    @Test func `refuses a length beyond the limit without waiting for it`() {
        var decoder = FrameDecoder()
        var header = Frame(kind: .note, sequence: 0, payload: []).encoded
        header.replaceSubrange(4..<8, with: [0xFF, 0xFF, 0xFF, 0x7F])
        decoder.append(header)
        #expect(
            throws: ContractError.tooLong(field: "frame", length: 0x7FFF_FFFF, limit: Contract.maxPayload)
        ) {
            try decoder.next()
        }
    }

    @Test func `refuses another version and says both`() {
        var decoder = FrameDecoder()
        var frame = Frame(kind: .note, sequence: 0, payload: []).encoded
        frame[2] = 9
        decoder.append(frame)
        #expect(throws: ContractError.version(found: 9, known: Int(Contract.version))) { try decoder.next() }
    }

    @Test func `refuses a text that is longer as UTF-8 than it may be`() {
        var file = [UInt8](repeating: 0, count: 4)
        file[0] = 90
        file += [UInt8](repeating: 0xFF, count: 90)
        #expect(throws: ContractError.tooLong(field: "file name", length: 270, limit: 255)) {
            try GuestEvent(Frame(kind: .file, sequence: 0, payload: file))
        }
    }

    @Test func `survives any bytes`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = Self.stream
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255)
            }
            var decoder = FrameDecoder()
            decoder.append(bytes)
            while let frame = try? decoder.next() { _ = try? GuestEvent(frame) }
        }
    }
}
