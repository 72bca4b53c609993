// SPDX-License-Identifier: Apache-2.0

import Glibc
import GuestContract

/// The parameters of one workload as its command line sets them, and the run's seed.
struct WorkloadSettings {
    /// The run's seed; 1 when the workload is run by hand.
    let seed: UInt64
    private var values: [String: UInt64] = [:]

    /// Reads `--name value` or `--name=value` as often as there are some.
    init(_ workload: Workload, arguments: ArraySlice<String>) throws(WorkloadUsageError) {
        seed = getenv(Workload.seedVariable).flatMap { UInt64(String(cString: $0)) } ?? 1
        for parameter in workload.parameters { values[parameter.name] = parameter.standard }
        var rest = arguments.flatMap { $0.split(separator: "=", maxSplits: 1).map(String.init) }[...]
        while let word = rest.popFirst() {
            guard let parameter = workload.parameters.first(where: { "--\($0.name)" == word }) else {
                throw WorkloadUsageError(text: "\(workload.name) has no parameter \"\(word)\"")
            }
            guard let text = rest.popFirst(), let value = parameter.value(text) else {
                throw WorkloadUsageError(text: "\(word) must be \(parameter.expectation)")
            }
            values[parameter.name] = value
        }
    }

    /// A parameter's value; 0 for one that the workload does not have.
    subscript(_ name: String) -> UInt64 { values[name] ?? 0 }
}

/// A command line that says nothing a workload could do.
struct WorkloadUsageError: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
}
