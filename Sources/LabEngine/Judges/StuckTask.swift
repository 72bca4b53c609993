// SPDX-License-Identifier: Apache-2.0

import Evidence

/// Who is stuck in the module under test, by the lists of blocked tasks in the log.
enum StuckTask {
    /// The task that was listed last with the module on its stack; nil when there is none.
    static func find(in evidence: RunEvidence) -> ListedTask? {
        guard let module = evidence.moduleUnderTest else { return nil }
        let log = Array(evidence.log.text.utf8)
        return ListedTask.all(in: log).last { task in
            task.frames.contains { $0.isReliable && $0.module == module }
        }
    }
}

extension Finding {
    /// Adds the stack of a task that shows where it happened, unless it has one with that module already.
    mutating func add(_ task: ListedTask?, of module: String?) {
        guard let task, let module, !frames.contains(where: { $0.isReliable && $0.module == module }) else {
            return
        }
        frames = task.frames
        function = task.frames.first { $0.isReliable && $0.module == module }?.function ?? function
        evidence += task.lines
    }
}
