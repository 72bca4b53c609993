// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into frames, however the stream was chopped on its way.
///
/// Holds at most one frame that is not complete yet. After an error it stays broken and throws the
/// same error again: what follows bytes that are no frame cannot be trusted.
public struct FrameDecoder: Sendable {
    private var pending: [UInt8] = []
    private var consumed = 0
    private var failure: ContractError?
    private var expectedSequence: UInt32 = 0

    /// Frames that the agent numbered but that never arrived.
    public private(set) var missingFrames: UInt64 = 0
    /// Frames decoded so far.
    public private(set) var decodedFrames: UInt64 = 0

    /// A decoder at the start of a stream.
    public init() {}

    /// Bytes received that do not make a whole frame yet.
    public var unfinishedBytes: Int { pending.count - consumed }

    /// Adds bytes to the stream.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if consumed > 0 {
            pending.removeFirst(consumed)
            consumed = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The next whole frame, or nil when more bytes are needed.
    public mutating func next() throws(ContractError) -> Frame? {
        if let failure { throw failure }
        do {
            guard let (frame, used) = try Frame.decode(pending[consumed...]) else { return nil }
            consumed += used
            missingFrames += UInt64(frame.sequence &- expectedSequence)
            expectedSequence = frame.sequence &+ 1
            decodedFrames += 1
            return frame
        } catch {
            failure = error
            throw error
        }
    }
}
