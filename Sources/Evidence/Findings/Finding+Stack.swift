// SPDX-License-Identifier: Apache-2.0

extension Finding {
    /// Takes a stack that was found elsewhere than in the log, for a finding without one: the function to look at is
    /// the innermost of a module from outside the kernel, else the first that is not merely part of the machinery.
    ///
    /// - Parameters:
    ///   - stack: innermost frame first.
    ///   - lines: what shows it; they come behind the evidence there is.
    public mutating func adopt(stack: [StackFrame], lines: [String]) {
        frames = stack
        evidence += lines
        guard function == nil else { return }
        function = stack.first { $0.isReliable && $0.module != nil }?.function ?? GuiltyFrame.first(of: stack)
        guard let function else { return }
        signature = "\(signature)|\(function)"
        if !title.contains(function) { title += " in \(function)" }
    }
}
