// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract

/// Finds out what is to be watched besides the steps of a plan, and when.
struct WatchCompiler: Sendable {
    /// The lab's module that shows who is attached to tracepoints, see kmod/witness.
    static let witness = "witness"
    /// Limit of one snapshot, before scaling. One that looks for leaks goes through all memory twice.
    private static let limit = Duration.seconds(60)

    let limits: TimeLimits
    let provenance: CounterProvenance

    /// - Parameters:
    ///   - module: The module under test, as the kernel names it.
    ///   - sampling: Time between two samples on an unhurried guest; nil for none.
    func compile(_ steps: [JobPlan.Step], module: String, sampling: Duration?) -> WatchPlan {
        var watch = WatchPlan()
        watch.snapshots = Self.orders(steps, module: module)
        guard !watch.snapshots.isEmpty else { return watch }
        watch.module = module
        watch.limit = limits.guestLimit(Self.limit).nanoseconds
        if watch.snapshots.contains(where: { $0.moment == .unloaded }) {
            watch.witness = "\(Contract.jobDirectory)/\(Self.witness).ko"
        }
        watch.counters = counters(steps, module: module)
        watch.sampling = sampling.map { ($0 * limits.guestScale).nanoseconds } ?? 0
        return watch
    }

    private static func orders(_ steps: [JobPlan.Step], module: String) -> [SnapshotOrder] {
        let loads = steps.indices.filter { steps[$0].loads == module }
        guard let firstLoad = loads.first, let lastLoad = loads.last else { return [] }
        let tops = Self.topLevel(steps)
        var orders = [SnapshotOrder(moment: .beforeLoad, step: tops[firstLoad], isBefore: true)]
        // A life within a group of steps has no moment in between at which the agent could stand still.
        let endsInSight = tops[lastLoad] == lastLoad
        if endsInSight { orders.append(SnapshotOrder(moment: .loaded, step: lastLoad, isBefore: false)) }
        if let unload = steps.indices.last(where: { steps[$0].unloads == module }), unload > lastLoad {
            if endsInSight && tops[unload] == unload {
                orders.append(SnapshotOrder(moment: .beforeUnload, step: unload, isBefore: true))
            }
            orders.append(SnapshotOrder(moment: .unloaded, step: tops[unload], isBefore: false))
        }
        orders.append(SnapshotOrder(moment: .end, step: steps.count, isBefore: true))
        return orders
    }

    /// The step of the plan's uppermost level that each step is, or is inside of.
    private static func topLevel(_ steps: [JobPlan.Step]) -> [Int] {
        var top = 0
        return steps.indices.map { index in
            if index > top + steps[top].members { top = index }
            return top
        }
    }

    /// Events for independent counters: those of the model. Only where the PMU has room for them beside the module's:
    /// otherwise watching would change what is watched.
    private func counters(_ steps: [JobPlan.Step], module: String) -> [WatchPlan.Counter] {
        guard provenance == .simulated else { return [] }
        guard let pmu = steps.simulatedPMU, let events = steps.modelConfigs(of: module),
            pmu.counters >= 2 * events.count
        else { return [] }
        return events.map { WatchPlan.Counter(type: EnergyModel.rawType, config: $0) }
    }
}

extension [JobPlan.Step] {
    /// The simulated PMU as the last step that loads it makes it; nil when there is none, or a hybrid one, or the
    /// module would refuse the parameters.
    fileprivate var simulatedPMU: SimulatedPMU? {
        last { $0.loads == "sim_pmu" }.flatMap { step in
            let parameters = ModuleParameters(step.parameters)
            return parameters["ecores"].map(\.isEmpty) ?? true ? SimulatedPMU(parameters: parameters) : nil
        }
    }

    fileprivate func modelConfigs(of module: String) -> [UInt64]? {
        last { $0.loads == module }.flatMap {
            EnergyModel.configs(parameters: ModuleParameters($0.parameters))
        }
    }
}

extension JobPlan {
    /// The simulated PMU of the plan; nil when it has none that the lab can compute.
    var simulatedPMU: SimulatedPMU? { steps.simulatedPMU }

    /// Configs of the events that a module counts; nil when only the module knows them.
    func modelConfigs(of module: String) -> [UInt64]? { steps.modelConfigs(of: module) }
}

extension JobPlan.Step {
    /// Name of the module that it loads, nil when it does something else.
    var loads: String? {
        guard case .load(let path, _) = action, let file = path.split(separator: "/").last else { return nil }
        return String(file.dropLast(".ko".count))
    }

    /// Parameters of the module that it loads.
    var parameters: String {
        guard case .load(_, let parameters) = action else { return "" }
        return parameters
    }

    /// Name of the module that it unloads, nil when it does something else.
    var unloads: String? {
        guard case .unload(let name) = action else { return nil }
        return name
    }
}

extension Scenario {
    /// Whether a step unloads the module under test.
    var unloadsModule: Bool {
        allSteps.contains { step in
            if case .unload(.underTest) = step.action { true } else { false }
        }
    }
}
