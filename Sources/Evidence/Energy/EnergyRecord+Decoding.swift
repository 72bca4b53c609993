// SPDX-License-Identifier: Apache-2.0

extension EnergyRecord {
    /// The layout of `struct pacct_energy_record` in `kmod/pacct_energy/pacct_energy_abi.h`.
    fileprivate enum Layout {
        /// The oldest version that can be read: those before had the counts elsewhere.
        static let version = 3
        /// Bytes of a record of ``version``.
        static let size = 272
        static let commLength = 16
        static let maxEvents = 8
        static let maxCores = 2

        /// Whether a record of that version may have that size. Later versions add fields at the end.
        static func allows(size: Int, version: Int) -> Bool {
            version == Self.version ? size == Self.size : size >= Self.size
        }
    }

    /// Decodes what `read(2)` on `/dev/pacct_energy` returned: whole records, one after the other, little
    /// endian.
    ///
    /// A record of a later version is read as far as version 3 goes, and skipped by its size. Decoding
    /// stops at the first record that cannot be right: what follows it has no known start.
    ///
    /// - Returns: the records before any problem, and the problem, nil when there is none.
    public static func records(decoding bytes: [UInt8]) -> (records: [EnergyRecord], problem: String?) {
        var records: [EnergyRecord] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let place = "record \(records.count + 1), at byte \(rest.startIndex)"
            var header = ByteReader(rest)
            guard let version = header.integer(UInt16.self), let size = header.integer(UInt16.self) else {
                return (records, "\(place): cut off, \(rest.count) bytes are left")
            }
            guard version >= Layout.version else {
                return (
                    records,
                    "\(place): version \(version) is not read here, only \(Layout.version) and later;"
                        + " is the module older than this pacctlab?"
                )
            }
            guard Layout.allows(size: Int(size), version: Int(version)) else {
                return (records, "\(place): version \(version) cannot have \(size) bytes")
            }
            guard rest.count >= Int(size) else {
                return (records, "\(place): cut off, \(rest.count) of \(size) bytes are there")
            }
            guard let record = EnergyRecord(body: rest.prefix(Int(size))) else {
                return (
                    records,
                    "\(place): not 1 to \(Layout.maxCores) core types, each of at most \(Layout.maxEvents) events"
                )
            }
            records.append(record)
            rest = rest.dropFirst(Int(size))
        }
        return (records, nil)
    }

    /// Decodes one whole record; nil when it claims more core types or events than it has room for.
    private init?(body: ArraySlice<UInt8>) {
        var reader = ByteReader(body)
        guard
            reader.integer(UInt16.self) != nil, reader.integer(UInt16.self) != nil,
            let flags = reader.integer(UInt32.self), let seq = reader.integer(UInt64.self),
            let lost = reader.integer(UInt64.self), let pid = reader.integer(Int32.self),
            let tgid = reader.integer(Int32.self), let ppid = reader.integer(Int32.self),
            let exitCode = reader.integer(UInt32.self), let startNs = reader.integer(UInt64.self),
            let exitNs = reader.integer(UInt64.self), let runtimeNs = reader.integer(UInt64.self),
            let countedNs = reader.integer(UInt64.self), let energyUj = reader.integer(Int64.self),
            let slices = reader.integer(UInt64.self), let source = reader.integer(UInt32.self),
            let cores = reader.integer(UInt32.self), let comm = reader.take(Layout.commLength),
            let first = CoreCounts(&reader), let second = CoreCounts(&reader)
        else { return nil }
        guard (1...Layout.maxCores).contains(Int(clamping: cores)) else { return nil }
        self.init(
            seq: seq, comm: String(decoding: comm.prefix { $0 != 0 }, as: UTF8.self), pid: pid, tgid: tgid,
            ppid: ppid, exitCode: exitCode, startNs: startNs, exitNs: exitNs, runtimeNs: runtimeNs,
            countedNs: countedNs, energyUj: energyUj, counts: first.counts, source: Source(abi: source),
            flags: Flags(rawValue: flags), lost: lost, table: first.table, clockNs: first.clockNs,
            slices: slices, refused: first.refused, second: cores > 1 ? second : nil)
    }
}

extension EnergyRecord.CoreCounts {
    /// Decodes `struct pacct_energy_core`; nil when it claims more events than it has room for.
    fileprivate init?(_ reader: inout ByteReader) {
        guard let table = reader.integer(UInt16.self), let events = reader.integer(UInt16.self),
            let refused = reader.integer(UInt32.self), let clockNs = reader.integer(UInt64.self),
            events <= EnergyRecord.Layout.maxEvents
        else { return nil }
        var counts: [UInt64] = []
        for _ in 0..<EnergyRecord.Layout.maxEvents {
            guard let count = reader.integer(UInt64.self) else { return nil }
            counts.append(count)
        }
        self.init(
            table: table, clockNs: clockNs, counts: Array(counts.prefix(Int(events))),
            refused: (0..<Int(events)).filter { refused & (1 << UInt32($0)) != 0 })
    }
}

extension EnergyRecord.Source {
    /// `enum pacct_energy_source`.
    fileprivate init(abi: UInt32) {
        switch abi {
        case 0: self = .none
        case 1: self = .hardware
        case 2: self = .simulated
        default: self = .unknown
        }
    }
}
