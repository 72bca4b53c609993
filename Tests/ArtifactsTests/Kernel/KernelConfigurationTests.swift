// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

struct KernelConfigurationTests {
    let folder: TemporaryFolder
    var home: LabHome { LabHome(root: folder.path) }

    init() throws { folder = try TemporaryFolder() }

    private func fragment(_ name: String, _ text: String) throws {
        try folder.write(text, to: "images/kernel/config/\(name).config")
    }

    @Test func theVariantsFragmentWins() throws {
        try fragment("base", "# a comment\nCONFIG_SMP=y\nCONFIG_NR_CPUS=8\n\n  CONFIG_KASAN=n\n")
        try fragment("debug", "CONFIG_KASAN=y\nCONFIG_CMDLINE=\"a=b\"\n# CONFIG_SMP is not set\n")
        let configuration = try KernelConfiguration(variant: "debug", home: home)
        #expect(
            configuration.text
                == "# CONFIG_SMP is not set\nCONFIG_NR_CPUS=8\nCONFIG_KASAN=y\nCONFIG_CMDLINE=\"a=b\"\n")
        #expect(configuration.requests.map { $0.fragment.stem } == ["debug", "base", "debug", "debug"])
        try configuration.verify(
            finalConfig: "CONFIG_KASAN=y\nCONFIG_NR_CPUS=8\nCONFIG_CMDLINE=\"a=b\"\nCONFIG_OTHER=y\n")
    }

    @Test func whatKconfigRefusesIsNamedWithItsFragment() async throws {
        try fragment("base", "CONFIG_SMP=y\nCONFIG_NR_CPUS=8\n")
        try fragment("debug", "CONFIG_KASAN=y\nCONFIG_LOCKDEP=y\n# CONFIG_MODULES is not set\n")
        let configuration = try KernelConfiguration(variant: "debug", home: home)
        let error = await artifactError {
            try configuration.verify(
                finalConfig: "CONFIG_SMP=y\nCONFIG_NR_CPUS=2\n# CONFIG_KASAN is not set\nCONFIG_MODULES=y\n")
        }
        let folder = home.kernelImages.appending("config")
        guard case .optionsRefused(let refused)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(
            refused == [
                RefusedOption(
                    wanted: "CONFIG_NR_CPUS=8", found: "CONFIG_NR_CPUS=2",
                    fragment: folder.appending("base.config")),
                RefusedOption(
                    wanted: "CONFIG_KASAN=y", found: "# CONFIG_KASAN is not set",
                    fragment: folder.appending("debug.config")),
                RefusedOption(
                    wanted: "CONFIG_LOCKDEP=y", found: nil, fragment: folder.appending("debug.config")),
                RefusedOption(
                    wanted: "CONFIG_MODULES=n", found: "CONFIG_MODULES=y",
                    fragment: folder.appending("debug.config")),
            ])
        #expect(error?.description.contains("CONFIG_LOCKDEP=y (asked for in") == true)
    }

    /// Off and unknown are the same: what the option depends on is off.
    @Test func anOptionTurnedOffMayBeUnknown() throws {
        try fragment("base", "CONFIG_DRM=n\n# CONFIG_SOUND is not set\n")
        try fragment("release", "")
        let configuration = try KernelConfiguration(variant: "release", home: home)
        try configuration.verify(finalConfig: "# CONFIG_DRM is not set\n")
    }

    @Test(arguments: ["CONFIG_SMP", "SMP=y", "CONFIG SMP=y", "CONFIG_SMP =y", "include base.config"])
    func aLineThatIsNoOptionIsNamed(_ line: String) async throws {
        try fragment("base", "CONFIG_A=y\n\(line)\n")
        try fragment("release", "")
        let error = await artifactError { _ = try KernelConfiguration(variant: "release", home: home) }
        #expect(error?.code == .invalidInput)
        #expect(error?.subject == "\(home.kernelImages)/config/base.config:2")
        #expect(error?.reason.contains(line) == true)
    }

    @Test(arguments: ["base", "no-such", "../config/release", ""])
    func aVariantThatIsNoneIsAnsweredWithThoseThatAre(_ variant: String) async throws {
        for name in ["base", "release", "debug"] { try fragment(name, "") }
        let error = await artifactError { _ = try KernelConfiguration(variant: variant, home: home) }
        #expect(error?.code == .notFound && error?.reason.contains("debug, release") == true)
    }

    @Test func theShippedFragmentsAreReadable() throws {
        let variants = try KernelConfiguration.variants(home: Checkout.home)
        #expect(variants.contains("release") && variants.contains("debug") && !variants.contains("base"))
        for variant in variants {
            let names = Set(
                try KernelConfiguration(variant: variant, home: Checkout.home).requests.map(\.name))
            // Without these there is no module, no counter, and no crash dump to look at.
            for needed in ["CONFIG_MODULES", "CONFIG_PERF_EVENTS", "CONFIG_VMCORE_INFO", "CONFIG_SMP"] {
                #expect(names.contains(needed), "\(needed) in \(variant)")
            }
        }
    }
}
