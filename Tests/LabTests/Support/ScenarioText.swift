// SPDX-License-Identifier: Apache-2.0

/// Scenario files that tests write.
enum ScenarioText {
    /// Runs a shell line, with nothing loaded.
    static func shell(_ line: String, limit: String = "60s") -> String {
        """
        name: shell
        description: One line of shell.
        counters: none
        steps:
          - name: shell
            run: |
              \(line)
            limit: \(limit)
        """
    }
}
