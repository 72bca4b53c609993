// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// Results of steps on their way to the host: at once for what is done once, and in one sum for all
/// rounds of what is repeated.
struct StepBook {
    /// What is known about a repeated step so far.
    private struct Sum {
        var rounds: UInt64 = 0
        var allowed: [Int32: UInt64] = [:]
        var duration: UInt64 = 0
        var droppedOutput: UInt64 = 0
        var failure: GuestEvent.StepResult?
    }

    private let plan: JobPlan
    /// Steps inside a repeat.
    private let repeated: Set<Int>
    private var sums: [Int: Sum] = [:]
    private var begun: Set<Int> = []
    /// Failures that were injected, by the step that ordered them.
    private var failures: [Int: UInt64] = [:]

    init(plan: JobPlan) {
        self.plan = plan
        let repeats = plan.steps.indices.filter { index in
            if case .repeating = plan.steps[index].action { true } else { false }
        }
        repeated = Set(repeats.flatMap { plan.inside($0) })
    }

    /// Whether the host has to be told that a step begins: the first time.
    mutating func begins(_ index: Int) -> Bool { begun.insert(index).inserted }

    /// Whether a step that is left out is to be reported now; one that is repeated is when its repeat ends.
    mutating func skips(_ index: Int) -> Bool { !repeated.contains(index) && begins(index) }

    /// Takes a result, and returns it if it is to be sent now.
    mutating func take(_ result: GuestEvent.StepResult) -> GuestEvent.StepResult? {
        guard repeated.contains(result.index) else { return withFailures(result) }
        var sum = sums[result.index] ?? Sum()
        sum.rounds += 1
        sum.duration = sum.duration.addingClamped(result.duration)
        sum.droppedOutput = sum.droppedOutput.addingClamped(result.droppedOutput)
        if result.status == .passed && result.errno != 0 { sum.allowed[result.errno, default: 0] += 1 }
        if result.status != .passed && sum.failure == nil {
            sum.failure = result
            sum.failure?.message = "round \(sum.rounds): \(result.message)"
        }
        sums[result.index] = sum
        return nil
    }

    /// The results of everything inside a group that is over, as far as they have not been sent yet.
    mutating func close(_ group: Int) -> [GuestEvent.StepResult] {
        guard !repeated.contains(group) else { return [] }
        return plan.inside(group).filter { repeated.contains($0) || !begun.contains($0) }.map { index in
            guard let sum = sums.removeValue(forKey: index) else {
                return .init(index: index, status: .skipped, message: "not reached")
            }
            return result(index, sum)
        }
    }

    private func result(_ index: Int, _ sum: Sum) -> GuestEvent.StepResult {
        var result = sum.failure ?? .init(index: index, status: .passed)
        result.duration = sum.duration
        result.droppedOutput = sum.droppedOutput
        guard sum.failure == nil else { return result }
        let allowed = sum.allowed.sorted { $0.key < $1.key }
        result.message =
            "\(sum.rounds) times"
            + allowed.map { ", \($0.value) with \(ErrorName.name($0.key)), which is allowed" }
            .joined()
        return withFailures(result)
    }

    /// Adds failures to those that a step has ordered.
    mutating func countFailures(_ count: UInt32, in index: Int) {
        failures[index, default: 0] += UInt64(count)
    }

    /// What never failed has shown nothing, so that no pass can rest on it.
    private func withFailures(_ result: GuestEvent.StepResult) -> GuestEvent.StepResult {
        guard case .fault = plan.steps[result.index].action, result.status == .passed else { return result }
        var result = result
        let count = failures[result.index, default: 0]
        let rounds = result.message.isEmpty ? "" : "\(result.message), "
        result.message = "\(rounds)\(count) failures injected"
        if count == 0 {
            result.status = .unavailable
            result.message += ": nothing was tried"
        }
        return result
    }
}
