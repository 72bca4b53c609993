// SPDX-License-Identifier: Apache-2.0

import Evidence
import LabEngine

/// What is wrong, in the form that compilers have taught editors to jump to: `file:line: severity: message`
/// (GNU Coding Standards, "Formatting Error Messages").
public enum ProblemLines {
    /// The problems of a run. Those that no line of source is known for come without one.
    public static func of(_ run: RunReport) -> [String] {
        switch run.verdict {
        case .passed: []
        case .inconclusive where run.findings.isEmpty: ["pacctlab: warning: \(run.reason ?? "no verdict")"]
        case .inconclusive, .failed: run.findings.flatMap(lines)
        }
    }

    private static func lines(_ finding: Finding) -> [String] {
        // The compiler's messages have the form already.
        if finding.crashClass == .buildFailed, !finding.evidence.isEmpty { return finding.evidence }
        let rule = finding.rule.map { " (\($0))" } ?? ""
        return ["\(finding.location ?? "pacctlab"): error: \(finding.title)\(rule)"]
    }

    /// A `tasks.json` for Visual Studio Code that keeps `pacctlab watch` running and puts its problems in the list.
    ///
    /// See https://code.visualstudio.com/docs/debugtest/tasks, "Background / watching tasks".
    ///
    /// - Parameter arguments: Those of `pacctlab watch`, besides `--plain`.
    public static func visualStudioCodeTasks(arguments: [String]) -> String {
        let list = (["watch", "--plain"] + arguments).map { "\"\(escaped($0))\"" }.joined(separator: ", ")
        return #"""
            {
              "version": "2.0.0",
              "tasks": [
                {
                  "label": "pacctlab watch",
                  "type": "process",
                  "command": "pacctlab",
                  "args": [\#(list)],
                  "isBackground": true,
                  "presentation": { "reveal": "always", "panel": "dedicated" },
                  "problemMatcher": {
                    "owner": "pacctlab",
                    "fileLocation": ["autoDetect", "${workspaceFolder}"],
                    "pattern": {
                      "regexp": "^(\\S.*?):(\\d+):(?:(\\d+):)? (error|warning|note): (.*)$",
                      "file": 1, "line": 2, "column": 3, "severity": 4, "message": 5
                    },
                    "background": {
                      "activeOnStart": true,
                      "beginsPattern": "^\#(WatchText.beginning)",
                      "endsPattern": "^\#(WatchText.ending)"
                    }
                  }
                }
              ]
            }
            """#
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
