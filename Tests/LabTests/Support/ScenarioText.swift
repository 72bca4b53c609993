// SPDX-License-Identifier: Apache-2.0

/// Scenario files that tests write.
enum ScenarioText {
    /// Loads the canary that does `misdeed`, waits a while, and unloads it.
    static func canary(_ misdeed: String, counters: String = "none", limit: String = "20s") -> String {
        """
        name: canary-\(misdeed.replacing("_", with: "-"))
        description: The canary \(misdeed).
        counters: \(counters)
        steps:
          - load: canary
            parameters: misdeed=\(misdeed)
            limit: \(limit)
          - name: wait for it
            run: sleep 3
            limit: \(limit)
          - unload: canary
            limit: \(limit)
        """
    }

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
