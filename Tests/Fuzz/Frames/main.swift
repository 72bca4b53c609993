// SPDX-License-Identifier: Apache-2.0

import CFuzz
import Glibc
import GuestContract

// Bytes of the channel, as a hostile guest may write them.
//
// Whatever the bytes: no crash; however they are chopped, the same frames; and an event that was
// understood survives its own encoding.
func checkFrames(_ bytes: [UInt8]) {
    var whole = FrameDecoder()
    whole.append(bytes)
    let atOnce = drain(&whole)

    // The first byte says how the stream is chopped.
    let step = 1 + Int(bytes.first ?? 0)
    var chopped = FrameDecoder()
    var frames: [Frame] = []
    for offset in stride(from: 0, to: bytes.count, by: step) {
        chopped.append(bytes[offset..<min(offset + step, bytes.count)])
        frames += drain(&chopped)
    }
    precondition(frames == atOnce, "frames depend on how the stream was chopped")
    precondition(chopped.missingFrames == whole.missingFrames)
    precondition(whole.unfinishedBytes + atOnce.reduce(0) { $0 + $1.encoded.count } == bytes.count)

    for frame in atOnce {
        guard let event = try? GuestEvent(frame) else { continue }
        precondition(event.kind == frame.kind)
        let again = Frame(kind: event.kind, sequence: frame.sequence, payload: event.payload)
        precondition(event == (try? GuestEvent(again)), "an event does not survive its own encoding")
    }
}

func drain(_ decoder: inout FrameDecoder) -> [Frame] {
    var frames: [Frame] = []
    while let frame = try? decoder.next() { frames.append(frame) }
    return frames
}

/// The corpus was written by version 1 of the contract. Every frame becomes one of today's, or it would be
/// refused for its version, and nothing behind that would ever be tried.
func currentVersion(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for index in bytes.indices.dropLast(2) where bytes[index...].starts(with: [0x50, 0x4C, 1]) {
        bytes[index + 2] = Contract.version
    }
    return bytes
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        checkFrames(currentVersion(Array(UnsafeBufferPointer(start: data, count: size))))
        return 0
    })
