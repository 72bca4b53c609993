// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

struct KernelSourceListTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let sum = String(repeating: "0a", count: 32)

    private func read(_ text: String) throws -> KernelSourceList {
        try KernelSourceList.read(try folder.write(text, to: "source.yaml"))
    }

    private func list(_ debian: String) -> String {
        """
        default: 6.18.5
        series: "6.18"
        kernel-org: https://example.org/
        versions:
          6.18.5:
            debian: \(debian)
        """
    }

    @Test func everyPartIsRead() throws {
        let list = try read(list("{ file: pool/linux.tar.xz, bytes: 12, sha256: \(Self.sum) }"))
        #expect(list.series == "6.18" && list.kernelOrg == "https://example.org/")
        let (name, version) = try list.entry(nil)
        #expect(name == "6.18.5" && version.kernelOrg == nil)
        #expect(version.debian?.bytes == 12 && version.debian?.sha256 == Self.sum)
    }

    @Test func theShippedListIsSound() throws {
        let list = try KernelSourceList.read(Checkout.root.appending("images/kernel/source.yaml"))
        _ = try list.entry(nil)
        for (name, version) in list.versions {
            #expect(name.hasPrefix(list.series + "."))
            #expect(version.debian?.sha256 != nil && version.debian?.bytes != nil, "\(name)")
        }
    }

    @Test func aVersionThatIsNotThereIsAnsweredWithThoseThatAre() async {
        let error = await artifactError {
            _ = try read(list("{ file: a, sha256: \(Self.sum) }")).entry("6.18.99")
        }
        #expect(error?.code == .notFound && error?.subject == "6.18.99")
        #expect(error?.reason.contains("6.18.5") == true)
    }

    /// YAML reads 6.10 as a number, and would drop the zero.
    @Test func versionsKeepTheirDigits() throws {
        let text = "default: 6.10\nseries: 6.10\nkernel-org: x/\nversions:\n  6.10: {}\n"
        let list = try read(text)
        #expect(try list.entry(nil).name == "6.10" && list.series == "6.10")
    }

    @Test(arguments: [
        ("default: [", "source.yaml"), ("series: \"6.18\"", "default"),
        ("default: 6.18.5\nseries: a\nkernel-org: b\nversions: {}", "6.18.5"),
    ])
    func aMistakeIsNamed(_ text: String, _ what: String) async {
        let error = await artifactError { _ = try read(text) }
        #expect(error?.code == .invalidInput)
        #expect(error?.description.contains(what) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["12ab", "xyz", String(repeating: "0A", count: 31)])
    func aChecksumThatIsNoneIsRefused(_ sum: String) async {
        let error = await artifactError { _ = try read(list("{ file: a, sha256: \"\(sum)\" }")) }
        #expect(error?.code == .invalidInput && error?.reason.contains("64 hex digits") == true)
    }

    @Test func aKeyThatIsMisspelledIsNamed() async {
        let error = await artifactError { _ = try read(list("{ file: a, sha-256: \(Self.sum) }")) }
        #expect(error?.code == .invalidInput && error?.reason.contains("sha-256") == true)
    }
}
