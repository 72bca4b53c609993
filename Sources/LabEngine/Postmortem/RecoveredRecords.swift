// SPDX-License-Identifier: Apache-2.0

import Evidence

/// Records that were in the module's ring when the guest crashed, and that had not come home.
enum RecoveredRecords {
    /// The records of the ring that are not among those that came.
    ///
    /// Numbers start anew with each load of the module, and the ring is that of the last load.
    ///
    /// - Parameters:
    ///   - bytes: records as they were in the ring.
    ///   - received: those that the guest's agent had read and sent, in the order they came.
    static func find(ring bytes: [UInt8], received: [EnergyRecord]) -> [EnergyRecord] {
        var last: UInt64?
        for seq in received.compactMap(\.seq) { last = seq == 0 ? 0 : max(last ?? 0, seq) }
        return EnergyRecord.records(decoding: bytes).records
            .filter { record in record.seq.map { seq in last.map { seq > $0 } ?? true } ?? false }
            .map { record in
                var record = record
                record.recovered = true
                return record
            }
    }
}
