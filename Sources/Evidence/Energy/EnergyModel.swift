// SPDX-License-Identifier: Apache-2.0

/// Which events a module counts, by its parameters: what kmod/pacct_energy/model.c chooses on simulated counters.
public enum EnergyModel {
    /// `PERF_TYPE_RAW`.
    public static let rawType: UInt32 = 4
    private static let pCoreName = "intel-pcore"
    private static let maxEvents = 8

    /// Raw configs in the order of the counts; nil when only the module knows them.
    public static func configs(parameters: ModuleParameters) -> [UInt64]? {
        if let events = parameters["events"], !events.isEmpty { return custom(events) }
        if let table = parameters["table"], !table.isEmpty, table != pCoreName { return nil }
        return EnergyArithmetic.intelPCore.map(\.config)
    }

    /// `CONFIG:COEFFICIENT[,...]`.
    private static func custom(_ text: String) -> [UInt64]? {
        let configs = text.split(separator: ",").map { pair in
            pair.split(separator: ":").first.flatMap { ModuleParameters.integer($0) }
        }
        let known = configs.compactMap { $0 }
        guard known.count == configs.count, known.count <= maxEvents else { return nil }
        return known
    }
}
