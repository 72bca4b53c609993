// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import SystemPackage
import Testing

extension LabTests {
    @Suite("Watch", .serialized)
    struct Watch {
        private static let mistake = ModuleCopy.Mistake(
            file: "tasks.c", right: "#include \"tasks.h\"\n",
            wrong: "#include \"tasks.h\"\nint broken = unknown;\n")

        @Test("Once, with a module that does not compile: file, line, and the status of a failure")
        func once() async throws {
            let folder = try TemporaryFolder()
            let module = try ModuleCopy.make(in: folder.path, with: [Self.mistake])
            let result = try await LabCommand.run(
                [
                    "watch", "--once", "--plain", "--variant", "release", "--module", module.string,
                    "--results",
                ]
                    + [folder.path.appending("results").string])
            #expect(result.status == 1)
            let lines = result.output.split(separator: "\n")
            #expect(
                lines.contains {
                    $0.contains("tasks.c:") && $0.contains(": error: ") && $0.contains("unknown")
                })
            #expect(lines.last?.hasPrefix("watch: verdict FAILED") == true, "\(result.output)")
        }

        @Test("A save cancels the run, the next verdict is of what was saved, and Ctrl-C leaves nothing")
        func saves() async throws {
            let folder = try TemporaryFolder()
            let module = try ModuleCopy.make(in: folder.path, with: [])
            // So long that nobody waits for its end.
            try folder.write(ScenarioText.shell("while :; do :; done", limit: "40h"), to: "x.yaml")
            let scenario = folder.path.appending("x.yaml")
            let output = folder.path.appending("output")
            func printed(_ text: String) -> Bool {
                ((try? String(contentsOfFile: output.string, encoding: .utf8)) ?? "").contains(text)
            }
            let result = try await Subprocess.run(
                .path("/bin/sh"),
                arguments: [
                    "-c",
                    "exec \"$0\" watch --plain --variant release --module \"$1\" --results \"$2\" \"$3\" > \"$4\"",
                    LabCommand.executable.string, module.string, folder.path.appending("results").string,
                    scenario.string, output.string,
                ],
                environment: .inherit.updating(["PACCTLAB_HOME": LabCommand.checkout.string]), input: .none,
                output: .discarded,
                error: .discarded
            ) { execution in
                let pid = execution.processIdentifier.value
                func machines() -> [pid_t] { HostProcesses.machines(of: pid) }
                func wait(_ condition: () -> Bool) async throws {
                    let came = try await HostProcesses.wait(atMost: .seconds(600), for: condition)
                    try #require(came)
                }
                // The long run is under way.
                try await wait {
                    ((try? folder.runFolders()) ?? []).contains {
                        ((try? Data(contentsOf: URL(filePath: $0.appending("kernel.log").string)))?.count ?? 0)
                            > 0
                    } || !machines().isEmpty
                }
                try folder.write(ScenarioText.shell("echo saved", limit: "1m"), to: "x.yaml")
                try await wait { printed("changed meanwhile") }
                try await wait { printed("watch: verdict PASSED") }
                // Nothing runs; one guest waits.
                try await wait { machines().count == 1 }
                let spare = machines()
                try folder.write(ScenarioText.shell("exit 7", limit: "1m"), to: "x.yaml")
                try await wait { printed("watch: verdict FAILED") }
                #expect(try folder.runFolders().count == 2, "a cancelled run leaves no folder")
                try await wait { machines().count == 1 && machines() != spare }
                let last = machines()
                kill(pid, SIGINT)
                return spare + last
            }
            #expect(result.terminationStatus == .exited(0))
            #expect(!result.closureResult.contains(where: HostProcesses.isMachine))
        }
    }
}
