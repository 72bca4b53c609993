// SPDX-License-Identifier: Apache-2.0

extension JobPlan {
    /// Places of the steps that are in no group.
    public var topLevel: [Int] { places(in: 0..<steps.count) }

    /// Places of the direct members of the group at `index`, empty for what is no group.
    public func members(of index: Int) -> [Int] { places(in: inside(index)) }

    /// Places of everything inside the group at `index`.
    public func inside(_ index: Int) -> Range<Int> {
        let end = min(steps.count, index + 1 + steps[index].members)
        return (index + 1)..<end
    }

    /// How many groups each step is in, by place.
    public var depths: [Int] {
        var ends: [Int] = []
        return steps.indices.map { index in
            while let end = ends.last, end <= index { ends.removeLast() }
            defer { if steps[index].members > 0 { ends.append(index + 1 + steps[index].members) } }
            return ends.count
        }
    }

    private func places(in range: Range<Int>) -> [Int] {
        var places: [Int] = []
        var index = range.lowerBound
        while index < range.upperBound {
            places.append(index)
            index += 1 + steps[index].members
        }
        return places
    }

    /// Throws unless the groups lie within each other as they should: nothing read from a plan may
    /// lead out of its list.
    func checkGroups() throws(ContractError) {
        var ends: [Int] = []
        for (index, step) in steps.enumerated() {
            while let end = ends.last, end <= index { ends.removeLast() }
            let end = index + 1 + step.members
            guard step.members >= 0, end <= ends.last ?? steps.count else {
                throw .tooLong(field: "group of steps", length: step.members, limit: steps.count - index - 1)
            }
            guard step.action.isGroup == (step.members > 0) else {
                throw .unknownValue(field: "members of step \(index)", value: step.members)
            }
            if step.members > 0 { ends.append(end) }
            guard ends.count <= Contract.maxDepth else {
                throw .tooLong(field: "nesting of steps", length: ends.count, limit: Contract.maxDepth)
            }
        }
    }
}

extension JobPlan.Action {
    /// Whether it consists of other steps.
    public var isGroup: Bool {
        switch self {
        case .together, .repeating, .fault, .suspendRecords: true
        case .load, .unload, .run, .wait, .write, .collect, .check: false
        }
    }
}
