// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import GuestContract
import LabEngine
import SystemPackage
import Testing

@Suite("Writing scenario files")
struct ScenarioEncodingTests {
    private static let home = LabHome(
        root: FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent())

    @Test("Every shipped scenario is read back as it was", arguments: try ScenarioLibrary(home: home).names())
    func shipped(name: String) throws {
        let scenario = try ScenarioLibrary(home: Self.home).scenario(name)
        let text = try scenario.yaml()
        #expect(try Scenario(yaml: text, file: "again.yaml") == scenario, "\(text)")
    }

    /// One of everything, with texts that YAML would take for something else.
    private static let everything = """
        name: "5"
        description: "yes: no # and 'quotes' \\"too\\""
        tags: ["null", b]
        counters: none
        steps:
          - load: module
            parameters: "a=1 b=#2"
            allow: [ENOMEM, ENODEV]
          - load: module
          - load: sim_pmu
            name: "true"
          - run: |
              for i in 1 2; do
                echo "$i"   # twice
              done

          - run: [echo, "~", "", "- x", "1.5"]
            environment: { A: "1", B: "x: y" }
            limit: 90s
          - run: "  leading and trailing  "
          - workload: fork-storm
            count: 10
            life: 250us
            share: true
          - hotplug: 4
            pause: 10ms
          - wait: 1.5s
          - wait: 0.5us
          - write: /proc/sys/kernel/x
            text: "1\\n"
            always: true
          - collect: /proc/interrupts
            as: irq
            always: false
          - check: log
            lacks: "BUG:"
          - check: /proc/x
            at_least: 5
          - check: /proc/x
            equals: "0x10"
          - together:
              - workload: ping-pong
                count: 0
                background: true
              - repeat: 3
                steps:
                  - wait: 1ms
                  - wait: 1ms
          - suspend: records
            steps:
              - wait: 2ms
          - fault: fail_function
            function: f
            error: EIO
            probability: 7
            interval: 3
            times: 2
            space: 8
            workers: false
            steps:
              - unload: module
                always: false
        expect:
          records: 3
        """

    @Test("One of everything is read back as it was")
    func all() throws {
        let scenario = try Scenario(yaml: Self.everything, file: "x.yaml")
        let text = try scenario.yaml(comment: ["A comment: with a colon.", "- and a dash"])
        #expect(text.hasPrefix("# A comment: with a colon.\n# - and a dash\n"))
        #expect(try Scenario(yaml: text, file: "again.yaml") == scenario, "\(text)")
    }

    @Test("Names are written only where the reader would choose another one")
    func names() throws {
        let scenario = try Scenario(yaml: Self.everything, file: "x.yaml")
        let text = try scenario.yaml()
        #expect(!text.contains("name: load module\n") && text.contains("name: load module (2)"), "\(text)")
    }

    @Test(
        "Times are written with the largest unit that leaves no fraction",
        arguments: [
            (Duration.seconds(7200), "2h"), (.seconds(90), "90s"), (.milliseconds(1500), "1500ms"),
            (.microseconds(20), "20us"), (.nanoseconds(500), "0.5us"), (.zero, "0.0us"),
        ])
    func durations(duration: Duration, text: String) {
        #expect(duration.text == text)
        #expect(Duration(text: text) == duration)
    }
}
