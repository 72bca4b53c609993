// SPDX-License-Identifier: Apache-2.0

import Glibc
import GuestContract

/// What goes with loading and unloading a module besides the system call.
extension Loop {
    /// Called before the process of a step is started.
    ///
    /// - Returns: A result when there is nothing to do.
    func moduleStepBegins(_ step: JobPlan.Step, index: Int) -> GuestEvent.StepResult? {
        switch step.action {
        case .load(let path, _):
            ledger.mark(.loadStarted, module: Self.moduleName(path), to: &channel)
        case .unload(let name) where refusedModules.contains(name):
            return .init(
                index: index, status: .passed,
                message: "nothing to unload: it was not loaded, which is allowed")
        case .unload(let name):
            unloads += 1
            unloadBegins(name)
        default: break
        }
        return nil
    }

    /// Called when the process of a step has ended.
    ///
    /// - Returns: Whether the step is to be tried once more.
    func moduleStepEnded(_ step: JobPlan.Step, _ result: GuestEvent.StepResult) -> Bool {
        let wentWell = result.status == .passed && result.errno == 0
        switch step.action {
        case .load(let path, _):
            let name = Self.moduleName(path)
            if result.status == .passed && !wentWell {
                refusedModules.insert(name)
            } else {
                refusedModules.remove(name)
            }
            catchUp()
            ledger.mark(
                .loadEnded, module: name, wentWell: wentWell, hasDevice: records.isOpen, to: &channel)
            // Whoever is alive now, and not about to exit, the module knows of.
            ledger.listTasks(&channel)
        case .unload(let name): return unloadEnded(name, result, wentWell: wentWell)
        default: break
        }
        return false
    }

    /// The record device stays open, so that the records made at unload are read, too. Where that keeps the module
    /// from going away, it is tried again without.
    private func unloadBegins(_ name: String) {
        drainRecords()
        ledger.mark(.unloadStarted, module: name, hasDevice: records.isOpen, to: &channel)
    }

    private func unloadEnded(_ name: String, _ result: GuestEvent.StepResult, wentWell: Bool) -> Bool {
        let wasOpen = records.isOpen
        ledger.mark(.unloadEnded, module: name, wentWell: wentWell, hasDevice: wasOpen, to: &channel)
        if result.errno == EAGAIN, result.status == .failed, wasOpen {
            records.closeDevice()
            channel.send(.note("\(name) cannot be unloaded while its device is open: it was closed before"))
            unloadBegins(name)
            return true
        }
        unloads -= 1
        return false
    }

    private static func moduleName(_ path: String) -> String {
        path.split(separator: "/").last.map { String($0.prefix { $0 != "." }) } ?? path
    }
}
