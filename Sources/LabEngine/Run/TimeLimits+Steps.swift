// SPDX-License-Identifier: Apache-2.0

extension TimeLimits {
    /// What a group needs besides its members: for starting processes and reporting.
    private static let perGroup = Duration.seconds(5)
    /// No group is given longer than this.
    private static let longest = Duration.seconds(100 * 3600)

    /// How long a step may take by the guest's clock. A group that names no limit may take as long as its members
    /// may in all.
    func guestLimit(of step: Scenario.Step) -> Duration {
        if let limit = step.limit { return guestLimit(limit) }
        switch step.action {
        case .wait(let duration): return duration + .seconds(1)
        case .together(let members):
            let others = members.filter { !$0.background || $0.limit != nil }.map(guestLimit(of:))
            return min((others.max() ?? .zero) + Self.perGroup, Self.longest)
        case .fault(_, let members), .suspendRecords(let members):
            return min(sum(members) + Self.perGroup, Self.longest)
        case .repeating(let count, let members):
            let all = sum(members).inSeconds * Double(count)
            return all < Self.longest.inSeconds ? .seconds(all) + Self.perGroup : Self.longest
        case .load, .unload, .run, .workload, .write, .collect, .check: return guestLimit(nil)
        }
    }

    private func sum(_ steps: [Scenario.Step]) -> Duration {
        steps.map(guestLimit(of:)).reduce(.zero, +)
    }
}
