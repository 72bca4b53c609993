// SPDX-License-Identifier: Apache-2.0

/// The energy model: a weighted sum of event counts.
public enum EnergyArithmetic {
    /// An event and its weight.
    public struct Event: Sendable, Equatable {
        /// The name in Intel's event lists.
        public let name: String
        /// Raw perf config: event | umask << 8.
        public let config: UInt64
        /// Weight, in units of 2^-32 microjoules an event.
        public let coefficient: Int64
    }

    /// The events and coefficients that the existing module uses on Intel P-cores (Golden Cove, Raptor
    /// Cove), in the order of its event table.
    public static let intelPCore: [Event] = [
        Event(name: "CPU_CLK_UNHALTED.THREAD_P", config: 0x003c, coefficient: 63840),
        Event(name: "INST_RETIRED.ANY_P", config: 0x00c0, coefficient: 491702),
        Event(name: "OFFCORE_REQUESTS_OUTSTANDING.DEMAND_DATA_RD", config: 0x0120, coefficient: -239221),
        Event(name: "BR_INST_RETIRED.ALL_BRANCHES", config: 0x00c4, coefficient: 226492),
        Event(name: "MEM_LOAD_L3_MISS_RETIRED.LOCAL_DRAM", config: 0x01d3, coefficient: 202299),
        Event(name: "INST_RETIRED.ANY", config: 0x0100, coefficient: -178523),
        Event(name: "OFFCORE_REQUESTS.DEMAND_DATA_RD", config: 0x0121, coefficient: -151731),
        Event(name: "EXE_ACTIVITY.1_PORTS_UTIL", config: 0x02a6, coefficient: 138130),
    ]

    /// The coefficients of ``intelPCore``.
    public static let intelPCoreCoefficients = intelPCore.map(\.coefficient)

    /// The coefficients of a built-in table of the module, `PACCT_TABLE_*` in `kmod/pacct_energy/pacct_energy.h`,
    /// for so many events. Only that of Intel P-cores was ever fitted; what the others count comes to nothing.
    ///
    /// - Returns: nil for a table that was given as a parameter, or is not known, or has another length.
    public static func coefficients(ofTable number: UInt16, events: Int) -> [Int64]? {
        switch number {
        case 1, 3, 4: Array(repeating: 0, count: events)
        case 2: events == intelPCore.count ? intelPCoreCoefficients : nil
        default: nil
        }
    }

    /// Energy of these counts, microjoules: (sum of count x coefficient) >> 32, the sum in 128 bits, the
    /// shift arithmetic, so that a negative sum stays negative.
    ///
    /// A count without a coefficient, or the reverse, adds nothing. A result that does not fit 64 bits
    /// (it takes counts near 2^64) is cut to the nearest that does.
    public static func energy(counts: [UInt64], coefficients: [Int64] = intelPCoreCoefficients) -> Int64 {
        var sum: Int128 = 0
        for (count, coefficient) in zip(counts, coefficients) {
            let (term, overflow) = Int128(count).multipliedReportingOverflow(by: Int128(coefficient))
            // |term| < 2^127, so only the sum of several can overflow.
            let (next, carry) = sum.addingReportingOverflow(term)
            if overflow || carry { return term < 0 ? .min : .max }
            sum = next
        }
        return Int64(clamping: sum >> 32)
    }

    /// The closed form of a record's counts, microjoules: one sum over the events of all core types. Nil
    /// when they are of a model that is not known here.
    public static func energy(of record: EnergyRecord) -> Int64? {
        var counts = record.counts
        guard let table = record.table,
            var coefficients = coefficients(ofTable: table, events: counts.count)
        else { return nil }
        if let second = record.second {
            guard let more = self.coefficients(ofTable: second.table, events: second.counts.count) else {
                return nil
            }
            counts += second.counts
            coefficients += more
        }
        return energy(counts: counts, coefficients: coefficients)
    }

    /// How far the energy of a record is from what its counts come to, microjoules: the record's energy
    /// minus the closed form. Nil when they are of a model that is not known here.
    public static func error(_ record: EnergyRecord) -> Int64? {
        energy(of: record).map { Int64(clamping: Int128(record.energyUj) - Int128($0)) }
    }
}
