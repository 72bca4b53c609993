// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

struct ModuleInfoTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// An object file as a compiler makes it, with this section `.modinfo`.
    private func object(_ entries: [String], section: String = ".modinfo", to name: String) async throws
        -> FilePath
    {
        let strings = entries.enumerated().map { index, entry in
            "static const char s\(index)[] __attribute__((used, section(\"\(section)\"))) = \"\(entry)\";\n"
        }
        let source = try folder.write(strings.joined(), to: "info.c")
        let output = folder.path.appending(name)
        try await Command(
            action: "compile a test object", program: "gcc",
            arguments: ["-c", "-fno-toplevel-reorder", "-o", output.string, source.string]
        ).check()
        return output
    }

    @Test func everyFieldIsRead() async throws {
        let file = try await object(
            [
                "license=GPL", "depends=one,two", "name=my_module", "vermagic=6.18.5 SMP mod_unload ",
                "parm=period:Milliseconds: how often", "parmtype=period:uint", "parmtype=table:array of int",
                "parm=silent:", "no equals sign", "author=A = B", "pacct_energy_abi=3",
            ], to: "my-module.ko")
        let info = try ModuleInfo(path: file)
        #expect(info.name == "my_module" && info.license == "GPL" && info.depends == ["one", "two"])
        #expect(info.vermagic == "6.18.5 SMP mod_unload " && info.recordABI == 3)
        #expect(
            info.parameters == [
                .init(name: "period", type: "uint", text: "Milliseconds: how often"),
                .init(name: "silent", type: nil, text: ""),
                .init(name: "table", type: "array of int", text: nil),
            ])
    }

    @Test func aModuleThatSaysLittleIsNamedByItsFile() async throws {
        let info = try ModuleInfo(path: try await object(["depends="], to: "sim-pmu.ko"))
        #expect(
            info.name == "sim_pmu" && info.depends.isEmpty && info.license == nil && info.vermagic.isEmpty)
        #expect(info.recordABI == nil)
    }

    @Test func whatIsNoModuleIsRefused() async throws {
        let object = try await object(["x"], section: ".other", to: "plain.o")
        let error = await artifactError { _ = try ModuleInfo(path: object) }
        #expect(error?.code == .invalidInput && error?.reason.contains(".modinfo") == true)
        let text = try folder.write("not ELF", to: "text.ko")
        #expect(await artifactError { _ = try ModuleInfo(path: text) }?.code == .invalidInput)
        #expect(await artifactError { _ = try ModuleInfo(path: "/nonexistent.ko") }?.code == .notFound)
    }
}
