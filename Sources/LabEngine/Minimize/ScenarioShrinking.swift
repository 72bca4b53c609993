// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// Smaller scenarios than a given one.
enum ScenarioShrinking {
    /// Where a list of steps is: the places of the groups that it is in, from the outside in.
    typealias Place = [Int]

    /// All lists of steps: the scenario's own first, then those of groups.
    static func lists(in scenario: Scenario) -> [Place] {
        func inside(_ steps: [Scenario.Step], _ place: Place) -> [Place] {
            [place]
                + steps.indices.flatMap { index in
                    let members = steps[index].action.members
                    return members.isEmpty ? [] : inside(members, place + [index])
                }
        }
        return inside(scenario.steps, [])
    }

    /// The steps of a list.
    static func steps(at place: Place, in scenario: Scenario) -> [Scenario.Step] {
        place.reduce(scenario.steps) { $0[$1].action.members }
    }

    /// The scenario with another list in that place.
    static func replacing(_ place: Place, with steps: [Scenario.Step], in scenario: Scenario) -> Scenario {
        func replaced(_ list: [Scenario.Step], _ rest: ArraySlice<Int>) -> [Scenario.Step] {
            guard let first = rest.first else { return steps }
            var list = list
            list[first].action = list[first].action.with(
                members: replaced(list[first].action.members, rest.dropFirst()))
            return list
        }
        var scenario = scenario
        scenario.steps = replaced(scenario.steps, place[...])
        return scenario
    }

    /// The same scenario with less of one thing: fewer rounds, fewer tasks, less time. The greatest steps first.
    static func smaller(_ scenario: Scenario) -> [Scenario] {
        lists(in: scenario).flatMap { place -> [Scenario] in
            let list = steps(at: place, in: scenario)
            return list.indices.flatMap { index in
                smaller(list[index].action).map { action in
                    var list = list
                    list[index].action = action
                    return replacing(place, with: list, in: scenario)
                }
            }
        }
    }

    private static func smaller(_ action: Scenario.Action) -> [Scenario.Action] {
        switch action {
        case .repeating(let count, let steps):
            return reductions(UInt64(count), least: 1).map { .repeating(Int($0), steps) }
        case .wait(let duration):
            return reductions(duration.nanoseconds / 1_000_000, least: 1).map {
                .wait(.milliseconds(Int64($0)))
            }
        case .workload(let workload, let settings):
            return settings.sorted { $0.key < $1.key }.flatMap { name, value in
                reductions(value, least: 1).map { smaller in
                    var settings = settings
                    settings[name] = smaller
                    return .workload(workload, settings: settings)
                }
            }
        default: return []
        }
    }

    /// The least there is, and half of it.
    private static func reductions(_ value: UInt64, least: UInt64) -> [UInt64] {
        guard value > least else { return [] }
        return value / 2 > least ? [least, value / 2] : [least]
    }
}

extension Scenario.Action {
    /// A group with other members; what is no group stays as it is.
    fileprivate func with(members: [Scenario.Step]) -> Scenario.Action {
        switch self {
        case .together: .together(members)
        case .repeating(let count, _): .repeating(count, members)
        case .fault(let fault, _): .fault(fault, members)
        case .suspendRecords: .suspendRecords(members)
        default: self
        }
    }
}
