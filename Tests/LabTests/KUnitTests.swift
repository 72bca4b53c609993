// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Testing

extension LabTests {
    @Suite("The module's own tests, in the kernel", .serialized)
    struct KUnit {
        /// `debug` is the variant that has KUnit, and that would notice a test which breaks the kernel.
        @Test("Every KUnit test ran, and passed")
        func kunit() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                """
                name: kunit
                description: Run the module's KUnit tests by loading them.
                counters: none
                steps:
                  - load: module
                    limit: 60s
                  - unload: module
                """, to: "kunit.yaml")
            let module = LabCommand.checkout.appending("kmod/pacct_energy/kunit")
            let result = try await LabCommand.runJSON(
                [scenario.string, "--variant", "debug", "--module", module.string],
                in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")\n\(result.errors)")
            let ktap = KTAP(
                log: try String(contentsOfFile: "\(run.directory)/kernel.log", encoding: .utf8))
            #expect(ktap.bad.isEmpty)
            #expect(try ktap.passedTests == Self.cases(in: module.string))
            #expect(ktap.results.count == ktap.planned, "some did not come to an end")
            #expect(ktap.results.filter(\.isSuite).count >= 3)
        }

        /// Tests that the sources list: none may be left out because its suite was forgotten.
        private static func cases(in folder: String) throws -> Int {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                $0.hasSuffix("_test.c")
            }
            let cases = try names.map { name in
                try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                    .split(separator: "\n").count { $0.contains("KUNIT_CASE(") }
            }
            let total = cases.reduce(0, +)
            try #require(total > 0, "there are no tests in \(folder)")
            return total
        }

        @Test("What failed, was skipped or did not end is seen")
        func reader() {
            let log = """
                [    1.000000][    T1] ok 7 this is no test
                [    1.000001][   T44]     KTAP version 1
                [    1.000002][   T44]     # Subtest: arithmetic
                [    1.000003][   T44]     1..3
                [    1.000004][   T44]     ok 1 adds
                [    1.000005][   T44]     not ok 2 divides
                [    1.000006][   T44]     ok 3 - multiplies # SKIP too late
                [    1.000007][   T44] # arithmetic: pass:1 fail:1 skip:1 total:3
                [    1.000008][   T44] not ok 1 arithmetic
                """
            let ktap = KTAP(log: log)
            #expect(ktap.passedTests == 1)
            #expect(ktap.bad == ["divides", "multiplies", "arithmetic"])
            #expect(ktap.planned == 3)
            #expect(KTAP(log: "nothing at all").results.isEmpty)
        }
    }
}
