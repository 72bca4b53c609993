// SPDX-License-Identifier: Apache-2.0

extension EnergyRecord {
    /// What is special about a record: `PACCT_ENERGY_F_*` of `pacct_energy_abi.h`.
    ///
    /// In JSON a list of names; a bit that has no name here is `bit-N`.
    public struct Flags: OptionSet, Sendable, Codable, Hashable {
        /// The bits as the module writes them.
        public let rawValue: UInt32

        /// Flags of these bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The task died before its counters existed.
        public static let noCounters = Flags(rawValue: 1 << 0)
        /// It was counted for part of its life.
        public static let partial = Flags(rawValue: 1 << 1)
        /// Counts are scaled by time enabled / time running.
        public static let multiplexed = Flags(rawValue: 1 << 2)
        /// It was still running when the module was unloaded.
        public static let alive = Flags(rawValue: 1 << 3)
        /// It is not the leader of its thread group.
        public static let thread = Flags(rawValue: 1 << 4)
        /// It was counted with per-CPU events.
        public static let scopeCPU = Flags(rawValue: 1 << 5)

        private static let known = ["no-counters", "partial", "multiplexed", "alive", "thread", "scope-cpu"]

        /// Names of the bits that are set, lowest first.
        public var names: [String] {
            (0..<UInt32.bitWidth).filter { rawValue & (1 << UInt32($0)) != 0 }.map(Self.name(ofBit:))
        }

        private static func name(ofBit bit: Int) -> String { bit < known.count ? known[bit] : "bit-\(bit)" }

        /// Reads a list of names.
        ///
        /// - Throws: `DecodingError` when a name is unknown.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let bits = Dictionary(
                uniqueKeysWithValues: (0..<UInt32.bitWidth).map {
                    (Self.name(ofBit: $0), UInt32(1) << UInt32($0))
                })
            var value: UInt32 = 0
            for name in try container.decode([String].self) {
                guard let bit = bits[name] else {
                    throw DecodingError.dataCorruptedError(
                        in: container, debugDescription: "'\(name)' is no flag of an energy record")
                }
                value |= bit
            }
            self.init(rawValue: value)
        }

        /// Writes the list of names.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(names)
        }
    }
}
