// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import SystemPackage

/// `pacctlab build`: makes artifacts ahead of a run.
struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build kernels, modules and the guest image into the cache.",
        discussion: """
            A run builds what it needs by itself. These commands do it ahead, for instance to warm the cache of a \
            machine. What is in the cache already, with the same content, is not built again.
            """,
        subcommands: [Kernel.self, Module.self, Image.self, Drgn.self, All.self])

    struct Kernel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build the kernel of one or more variants.",
            discussion: "Example: pacctlab build kernel --variant debug --kernel-tree ~/linux")
        @OptionGroup var kernel: KernelOptions
        @Option(help: "Variants to build: \(KernelOptions.variantHelp).") var variant = ["release"]

        func run() async throws {
            try await Workshop.with { shop in
                for variant in variant {
                    let built = try await shop.kernels.build(try kernel.spec(variant: variant))
                    Terminal.print(["\(variant)  \(built.release)  \(built.bzImage)"])
                }
            }
        }
    }

    struct Module: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build an out-of-tree module against a kernel.",
            discussion: """
                The folder needs a Kbuild file, or a Makefile that takes KDIR= or has obj-m. It is copied and never \
                written to. Example: pacctlab build module ~/pacct_energy --variant debug
                """)
        @Argument(help: "The module's folder.") var folder: String?
        @OptionGroup var kernel: KernelOptions
        @Option(help: "The kernel's variant: \(KernelOptions.variantHelp).") var variant = "release"

        func run() async throws {
            try await Workshop.with { shop in
                let folder = folder.map { FilePath($0) } ?? shop.home.root.appending("kmod/pacct_energy")
                let kernel = try await shop.kernels.build(try kernel.spec(variant: variant))
                let module = try await shop.modules.build(folder, kernel: kernel)
                Terminal.print(module.warnings.map { "\($0)" } + module.koFiles.map { "\($0.path)" })
            }
        }
    }

    struct Image: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build the guest agent and the layers of the guest image.")

        func run() async throws {
            try await Workshop.with { shop in
                for layer in try await shop.image() {
                    Terminal.print(["\(layer.name)  \(layer.bytes / 1024) KiB  \(layer.archive)"])
                }
            }
        }
    }

    struct Drgn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Install drgn, which reads memory dumps, from the index that pip is configured with.")

        func run() async throws {
            try await Workshop.with { shop in
                let drgn = try await DrgnBuilder(store: shop.store, progress: shop.progress).build()
                Terminal.print(["drgn \(DrgnBuilder.version)  \(drgn.python)"])
            }
        }
    }

    struct All: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build everything the shipped scenarios need, for release and debug.")
        @OptionGroup var kernel: KernelOptions
        @Option(help: "Variants to build: \(KernelOptions.variantHelp).") var variant = ["release", "debug"]

        func run() async throws {
            try await Workshop.with { shop in
                _ = try await shop.image()
                do { _ = try await DrgnBuilder(store: shop.store, progress: shop.progress).build() } catch let
                    error
                    as ArtifactError
                {
                    // Runs do without it: a crash then has no post-mortem, which they say.
                    Terminal.printError("drgn is not installed: \(error)\n")
                }
                let folders = try shop.labModuleFolders()
                for variant in variant {
                    let kernel = try await shop.kernels.build(try kernel.spec(variant: variant))
                    for folder in folders { _ = try await shop.modules.build(folder, kernel: kernel) }
                }
                Terminal.print(["everything is built: \(variant.joined(separator: ", "))"])
            }
        }
    }
}
