// SPDX-License-Identifier: Apache-2.0

import Evidence

/// One misdeed of the module in `kmod/canaries`, and what must be found when it is done.
public struct Canary: Sendable, Equatable {
    /// What the module's parameter `misdeed=` calls it.
    public var name: String
    /// The kernel's variant that shows it.
    public var variant: String
    /// Classes that the first finding may have. More than one where chance decides which detector is faster.
    public var classes: [CrashClass]
    /// Whether there is a line of code to blame.
    public var hasLine: Bool
    /// How the rule begins that the finding must name, nil when it must name none.
    public var rule: String?
    /// The hook that the finding must name with the rule.
    public var hook: String?
    /// Files of the guest and what is written into them before the misdeed.
    public var settings: [Setting]
    /// What is done while the module is loaded, a line for the guest's shell.
    public var workload: String
    /// Where counters come from.
    public var counters: Scenario.CounterSource
    /// How often the numbers are looked at that must not grow; nil: never.
    public var sampling: Duration?
    /// How many seeds may be tried until it shows. More than one for a race that most interleavings miss.
    public var seeds = 1

    /// A kernel parameter that is set at run time.
    public struct Setting: Sendable, Equatable {
        /// A file of the guest's.
        public var path: String
        /// What is written.
        public var text: String
    }

    /// Starts, switches and exits of processes for the hooks, and time for the kernel's own detectors.
    static let defaultWorkload = "for i in 1 2 3 4 5 6 7 8; do sh -c :; done; sleep 1"
}

extension Canary {
    private static let stepLimit = Duration.seconds(60)
    private static let unloadLimit = Duration.seconds(10)

    /// What to do in the guest: load the module under test with the misdeed, work, unload it.
    var scenario: Scenario {
        var steps = settings.map { setting in
            Scenario.Step(
                name: "write \(setting.path)", limit: nil, always: false,
                action: .write(path: setting.path, text: setting.text))
        }
        steps += [
            Scenario.Step(
                name: "load module", limit: Self.stepLimit, always: false,
                action: .load(.underTest, parameters: "misdeed=\(name)")),
            Scenario.Step(
                name: "work", limit: Self.stepLimit, always: false,
                action: .run(["sh", "-c", workload], environment: [:])),
            Scenario.Step(
                name: "unload module", limit: Self.unloadLimit, always: true,
                action: .unload(.underTest)),
        ]
        var scenario = Scenario(
            name: "canary-\(name)", description: "The canary \(name).", tags: ["canary"], counters: counters,
            steps: steps, expectations: .init())
        scenario.sampling = sampling
        return scenario
    }
}
