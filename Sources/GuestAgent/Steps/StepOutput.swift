// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// What a step's process writes: sent on up to a limit, and looked at where the step is about that.
struct StepOutput {
    /// Most bytes that a check looks at.
    private static let checkedLimit = 4 << 20

    /// Bytes that were not sent.
    private(set) var dropped: UInt64 = 0
    private var sent = 0
    private var lastLine: [UInt8] = []
    private var checked: [UInt8] = []
    private var isCut = false

    /// The last line on standard error that is not empty.
    var lastErrorLine: String { String(decoding: lastLine, as: UTF8.self) }

    /// Takes a piece.
    mutating func take(
        _ bytes: ArraySlice<UInt8>, from stream: GuestEvent.OutputStream, of step: ChildStep, _ loop: Loop
    ) {
        if stream == .standardError { rememberLastLine(of: bytes) }
        if case .action(.check) = step.work, stream == .standardOutput { return check(bytes) }
        // Of a step that is repeated, all rounds together have the limit of one.
        let room = step.isPlanned ? loop.roomForOutput(of: step.index, bytes.count) : step.outputLimit - sent
        let piece = Array(bytes.prefix(max(0, room)))
        sent += piece.count
        dropped += UInt64(bytes.count - piece.count)
        guard !piece.isEmpty else { return }
        switch step.work {
        case .action(.collect(_, let name)) where stream == .standardOutput:
            loop.channel.send(.file(name: name, bytes: piece))
        case .sample where stream == .standardOutput: loop.channel.send(.sample(piece))
        case .snapshot(let moment, _): loop.channel.send(.snapshot(moment, bytes: piece))
        default: loop.channel.send(.output(index: step.index, stream: stream, bytes: piece))
        }
    }

    /// What is wrong with the text that was read, nil when the condition holds.
    func problem(with condition: Condition, in path: String) -> String? {
        let name = path.isEmpty ? "the kernel log" : path
        if isCut { return "\(name) is longer than the \(Self.checkedLimit) bytes that are looked at" }
        let text = String(decoding: checked, as: UTF8.self)
        guard !condition.holds(for: text) else { return nil }
        let found = text.count > 80 ? "\(checked.count) bytes without it" : "\"\(text)\""
        return "\(name) should have \(condition.wish), found \(found.filter { $0 != "\n" })"
    }

    private mutating func check(_ bytes: ArraySlice<UInt8>) {
        if checked.count + bytes.count > Self.checkedLimit { isCut = true } else { checked += bytes }
    }

    private mutating func rememberLastLine(of bytes: ArraySlice<UInt8>) {
        let lines = (lastLine[...] + bytes).split(separator: 0x0A, omittingEmptySubsequences: true)
        if let last = lines.last { lastLine = Array(last.suffix(300)) }
    }
}
