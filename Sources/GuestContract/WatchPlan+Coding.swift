// SPDX-License-Identifier: Apache-2.0

extension WatchPlan {
    /// Most snapshots of a plan: each moment comes once.
    private static let maxSnapshots = SnapshotMoment.allCases.count

    func encode(into writer: inout ByteWriter) {
        writer.write(UInt8(snapshots.count))
        for order in snapshots {
            writer.write(order.moment.rawValue)
            writer.write(UInt32(order.step))
            writer.write(UInt8(order.isBefore ? 1 : 0))
        }
        writer.write(limit)
        writer.write(module)
        writer.write(witness)
        writer.write(UInt8(counters.count))
        for counter in counters {
            writer.write(counter.type)
            writer.write(counter.config)
        }
        writer.write(sampling)
    }

    init(from reader: inout ByteReader) throws(ContractError) {
        self.init()
        for _ in 0..<(try Self.readCount("list of snapshots", most: Self.maxSnapshots, from: &reader)) {
            let moment = try SnapshotMoment(from: &reader)
            let step = Int(try reader.read("snapshot's step", as: UInt32.self))
            guard step <= Contract.maxSteps else {
                throw .tooLong(field: "snapshot's step", length: step, limit: Contract.maxSteps)
            }
            let isBefore = try reader.read("snapshot's side", as: UInt8.self) != 0
            snapshots.append(SnapshotOrder(moment: moment, step: step, isBefore: isBefore))
        }
        limit = try reader.read("snapshot's limit")
        module = try reader.readString("watched module")
        witness = try reader.readString("witness")
        for _ in 0..<(try Self.readCount("list of counters", most: Self.maxCounters, from: &reader)) {
            counters.append(
                Counter(type: try reader.read("event type"), config: try reader.read("event config")))
        }
        sampling = try reader.read("time between samples")
    }

    private static func readCount(
        _ field: String, most: Int, from reader: inout ByteReader
    ) throws(ContractError) -> Int {
        let count = Int(try reader.read(field, as: UInt8.self))
        guard count <= most else { throw .tooLong(field: field, length: count, limit: most) }
        return count
    }
}

extension SnapshotMoment {
    init(from reader: inout ByteReader) throws(ContractError) {
        let raw = try reader.read("moment", as: UInt8.self)
        guard let moment = SnapshotMoment(rawValue: raw) else {
            throw .unknownValue(field: "moment", value: Int(raw))
        }
        self = moment
    }
}
