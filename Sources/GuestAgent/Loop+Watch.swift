// SPDX-License-Identifier: Apache-2.0

import Glibc
import GuestContract

/// Snapshots of the system, and what has to be there for them.
extension Loop {
    /// Most bytes of one snapshot.
    private static let snapshotLimit = 4 << 20

    /// Does what is ordered for the time before a step.
    func watch(beforeStep index: Int) {
        for order in plan.watch.snapshots where order.isBefore && order.step == index {
            if order.moment == .beforeLoad { prepareToWatch() }
            take(order.moment, at: index)
        }
        if index == plan.steps.count {
            counters.close()
            releaseWitness()
        } else if unloadsOthers(index) {
            // It may be the module of the PMU that counts for us.
            counters.close()
        }
    }

    /// Does what is ordered for the time after a step that passed.
    func watch(afterStep index: Int) {
        for order in plan.watch.snapshots where !order.isBefore && order.step == index {
            take(order.moment, at: index)
            if order.moment == .unloaded { counters.close() }
        }
    }

    private func unloadsOthers(_ index: Int) -> Bool {
        ([index] + Array(plan.inside(index))).contains { place in
            guard case .unload(let name) = plan.steps[place].action else { return false }
            return name != watchedModule
        }
    }

    /// The module that is watched, by the name it is unloaded with.
    private var watchedModule: String? {
        plan.watch.module.isEmpty ? nil : plan.watch.module
    }

    private func prepareToWatch() {
        if !plan.watch.witness.isEmpty {
            let result = help("load the witness", .action(.load(path: plan.watch.witness, parameters: "")))
            witnessIsLoaded = result.status == .passed
            if !witnessIsLoaded {
                channel.send(.note("the module that shows probes cannot be loaded: \(result.message)"))
            }
        }
        counters.open(plan.watch.counters)
    }

    private func releaseWitness() {
        guard let file = plan.watch.witness.split(separator: "/").last, witnessIsLoaded, !isBlind else {
            return
        }
        let result = help("unload the witness", .action(.unload(name: String(file.dropLast(".ko".count)))))
        if result.status != .passed {
            channel.send(.note("the module that shows probes cannot be unloaded: \(result.message)"))
        }
    }

    private func take(_ moment: SnapshotMoment, at index: Int) {
        guard !isBlind else { return }
        let result = help("snapshot", .snapshot(moment, counters), at: index)
        guard result.status != .passed else { return }
        channel.send(.note("the snapshot \"\(moment)\" is not whole: \(result.message)"))
        // Whatever it hung on is still there.
        if result.status == .timedOut { isBlind = true }
    }

    private func help(_ name: String, _ work: Work, at index: Int = 0) -> GuestEvent.StepResult {
        let child = ChildStep(
            name, work, limit: plan.watch.limit, index: index, outputLimit: Self.snapshotLimit)
        complete(child)
        return child.result ?? .init(index: index, status: .failed, message: "it has no result")
    }
}
