// SPDX-License-Identifier: Apache-2.0

import Evidence
import LabEngine
import Testing

extension LabTests {
    @Suite("Modules that never get as far as a guest", .serialized)
    struct ModuleFault {
        private func run(_ source: String) async throws -> RunReport {
            let folder = try TemporaryFolder()
            try folder.write(source, to: "mod/mod.c")
            try folder.write("obj-m += mod.o\n", to: "mod/Kbuild")
            let result = try await LabCommand.runJSON(
                ["--module", folder.path.appending("mod").string], in: folder.path.appending("results"))
            #expect(result.status == 1, "\(result.errors)")
            return try result.run()
        }

        @Test("One that does not compile: the compiler's lines, relative to its folder")
        func compile() async throws {
            let run = try await run("#include <linux/module.h>\nint x = ;\nMODULE_LICENSE(\"GPL\");\n")
            #expect(run.verdict == .failed)
            let finding = try #require(run.findings.first)
            #expect(finding.crashClass == .buildFailed)
            #expect(finding.location?.hasSuffix("mod.c:2") == true, "\(finding.location ?? "")")
            #expect(run.steps.allSatisfy { $0.status == .notReached })
        }

        @Test("One that needs a symbol which nobody exports: its name, before any boot")
        func symbol() async throws {
            let run = try await run(
                """
                #include <linux/module.h>
                extern void nobody_exports_this(void);
                static int __init start(void) { nobody_exports_this(); return 0; }
                module_init(start);
                MODULE_DESCRIPTION("needs too much");
                MODULE_LICENSE("GPL");
                """)
            #expect(run.findings.first?.crashClass == .missingSymbol)
            #expect(run.findings.first?.title.contains("nobody_exports_this") == true)
            #expect(run.guestReadyS == nil)
        }
    }
}
