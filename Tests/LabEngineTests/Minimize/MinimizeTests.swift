// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LabEngine

@Suite("Minimizing")
struct MinimizeTests {
    @Test(
        "What is left is what matters, in its order, whatever stands around it",
        arguments: [[3], [0], [7], [1, 6], [0, 3, 7], Array(0..<8), []])
    func deltaDebugging(needed: [Int]) async throws {
        var asked: Set<[Int]> = []
        let result = await deltaDebug(Array(0..<8)) { part in
            #expect(asked.insert(part).inserted, "asked twice for \(part)")
            return Set(needed).isSubset(of: part)
        }
        #expect(result == needed)
    }

    @Test("When no more may be tried, the smallest part that is known is the answer")
    func stopped() async {
        var left = 4
        let result = await deltaDebug(Array(0..<16)) { part -> Bool? in
            left -= 1
            return left < 0 ? nil : part.contains(9)
        }
        #expect(result.contains(9) && result.count < 16)
    }

    private let scenario = """
        name: long
        description: Groups in groups.
        steps:
          - load: module
          - repeat: 8
            steps:
              - wait: 4s
              - together:
                  - workload: fork-storm
                    count: 100
                  - run: "true"
          - unload: module
        """

    @Test("Every list of steps is found, and can be changed where it is")
    func lists() throws {
        let scenario = try Scenario(yaml: scenario, file: "x.yaml")
        let lists = ScenarioShrinking.lists(in: scenario)
        #expect(lists == [[], [1], [1, 1]])
        let inner = ScenarioShrinking.steps(at: [1, 1], in: scenario)
        #expect(inner.count == 2)
        let changed = ScenarioShrinking.replacing([1, 1], with: [inner[1]], in: scenario)
        #expect(ScenarioShrinking.steps(at: [1, 1], in: changed) == [inner[1]])
        #expect(changed.allSteps.count == scenario.allSteps.count - 1)
        #expect(ScenarioShrinking.replacing([1, 1], with: inner, in: scenario) == scenario)
    }

    @Test("Rounds, times and tasks become less, one at a time, down to the least")
    func numbers() throws {
        var scenario = try Scenario(yaml: scenario, file: "x.yaml")
        let smaller = ScenarioShrinking.smaller(scenario)
        #expect(smaller.count == 6)
        #expect(smaller.allSatisfy { $0 != scenario })
        // Every way down ends.
        var rounds = 0
        while let next = ScenarioShrinking.smaller(scenario).first {
            scenario = next
            rounds += 1
        }
        #expect(rounds == 3)
        #expect(try Scenario(yaml: scenario.yaml(), file: "y.yaml") == scenario)
    }
}
