// SPDX-License-Identifier: Apache-2.0

/// What a frame carries.
public enum FrameKind: UInt8, Sendable, CaseIterable {
    case hello = 1
    case kernelLog = 2
    case stepStarted = 3
    case stepFinished = 4
    case output = 5
    case records = 6
    case heartbeat = 7
    case file = 8
    case note = 9
    case goodbye = 10
    case ledger = 11
    case snapshot = 12
    case sample = 13
}

/// One message from the guest: a header of 12 bytes, then the payload as it is.
///
/// | offset | size | field                                    |
/// |--------|------|------------------------------------------|
/// | 0      | 2    | magic, the characters `PL`               |
/// | 2      | 1    | version, ``Contract/version``            |
/// | 3      | 1    | kind, ``FrameKind``                      |
/// | 4      | 4    | length of the payload, little-endian     |
/// | 8      | 4    | sequence number, little-endian, from 0   |
///
/// Sequence numbers count every frame the agent made. A frame that the agent had to drop because
/// the channel was full leaves a gap, which the host reports.
public struct Frame: Sendable, Equatable {
    /// Size of the header, bytes.
    public static let headerSize = 12
    private static let magic: (UInt8, UInt8) = (0x50, 0x4C)

    /// What the payload is.
    public var kind: FrameKind
    /// Number of this frame, from 0, wrapping at 2^32.
    public var sequence: UInt32
    /// The payload, at most ``Contract/maxPayload`` bytes.
    public var payload: [UInt8]

    /// A frame; `payload` must not be longer than ``Contract/maxPayload``.
    public init(kind: FrameKind, sequence: UInt32, payload: [UInt8]) {
        precondition(payload.count <= Contract.maxPayload)
        self.kind = kind
        self.sequence = sequence
        self.payload = payload
    }

    /// Header and payload, as they go over the wire.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.magic.0)
        writer.write(Self.magic.1)
        writer.write(Contract.version)
        writer.write(kind.rawValue)
        writer.write(UInt32(payload.count))
        writer.write(sequence)
        writer.writeRaw(payload)
        return writer.bytes
    }

    /// Takes the frame at the start of `bytes`, and how many bytes it used; nil when more bytes are
    /// needed to tell.
    ///
    /// - Throws: ``ContractError`` when the bytes cannot be a frame. There is no way to find the next
    ///   frame after that: whoever wrote such bytes is not the agent, or the channel is broken.
    static func decode(_ bytes: ArraySlice<UInt8>) throws(ContractError) -> (frame: Frame, used: Int)? {
        guard bytes.count >= headerSize else { return nil }
        let start = bytes.startIndex
        guard bytes[start] == magic.0, bytes[start + 1] == magic.1 else { throw .badMagic }
        let version = bytes[start + 2]
        guard version == Contract.version else {
            throw .version(found: Int(version), known: Int(Contract.version))
        }
        var reader = ByteReader(bytes[(start + 3)...])
        let rawKind = try reader.read("frame kind", as: UInt8.self)
        guard let kind = FrameKind(rawValue: rawKind) else {
            throw .unknownValue(field: "frame kind", value: Int(rawKind))
        }
        let length = Int(try reader.read("frame length", as: UInt32.self))
        guard length <= Contract.maxPayload else {
            throw .tooLong(field: "frame", length: length, limit: Contract.maxPayload)
        }
        let sequence = try reader.read("frame sequence", as: UInt32.self)
        let total = headerSize + length
        guard bytes.count >= total else { return nil }
        let payload = Array(bytes[(start + headerSize)..<(start + total)])
        return (Frame(kind: kind, sequence: sequence, payload: payload), total)
    }
}
