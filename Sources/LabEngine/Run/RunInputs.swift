// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// `inputs.json` of a run's folder: everything that decided the run and is not in its `job` folder. Runs with equal
/// inputs and equal jobs are, under TCG, the same run.
public struct RunInputs: Sendable, Codable, Equatable {
    /// The kernel.
    public struct Kernel: Sendable, Codable, Equatable {
        /// Names it in the cache.
        public var key: String
        /// Its variant.
        public var variant: String
        /// `uname -r`.
        public var release: String
        /// Where its source came from.
        public var source: KernelSourceRecord

        /// What builds it again.
        public var spec: KernelSpec { KernelSpec(variant: variant, source: source.source) }
    }

    /// A layer of the guest's image.
    public struct Layer: Sendable, Codable, Equatable {
        /// Its name.
        public var name: String
        /// Names it in the cache.
        public var key: String
    }

    /// The modules of one folder.
    public struct Module: Sendable, Codable, Equatable {
        /// The folder of their sources.
        public var folder: String
        /// Names them in the cache.
        public var key: String
    }

    /// The kernel.
    public var kernel: Kernel
    /// The image, layer by layer.
    public var image: [Layer]
    /// The module under test.
    public var module: Module
    /// The lab's own modules.
    public var labModules: [Module]
    /// What QEMU is loaded with under TCG: names it in the cache.
    public var gate: String
    /// Stands for QEMU, its version and arguments, and the kernel's command line.
    public var machine: String
    /// What ran the guest.
    public var accel: Accelerator
    /// Where its counts came from.
    public var pmu: CounterProvenance
    /// Whether it was restored or booted.
    public var boot: RunRequest.Boot
    /// Its CPUs.
    public var cpus: Int
    /// Its memory, MiB.
    public var memoryMib: Int
    /// The seed.
    public var seed: UInt64
    /// Which runs keep the guest's memory: a dump adds to findings and records.
    public var dump: DumpPolicy

    static let name = "inputs.json"

    /// What is not the same in two runs' inputs, in words; the seed is not looked at.
    public func differences(from other: RunInputs) -> [String] {
        var words: [String] = []
        func compare(_ what: String, _ mine: String, _ others: String) {
            if mine != others { words.append(what) }
        }
        compare("the kernel (\(kernel.variant))", kernel.key, other.kernel.key)
        compare("the guest's image", "\(image)", "\(other.image)")
        compare("the module \(module.folder)", module.key, other.module.key)
        compare("the lab's modules", "\(labModules.map(\.key))", "\(other.labModules.map(\.key))")
        compare("what QEMU is loaded with", gate, other.gate)
        compare("the accelerator", "\(accel)", "\(other.accel)")
        compare("the source of the counters", "\(pmu)", "\(other.pmu)")
        compare("restored or cold", "\(boot)", "\(other.boot)")
        compare("CPUs or memory", "\(cpus) \(memoryMib)", "\(other.cpus) \(other.memoryMib)")
        compare("which runs keep a dump", "\(dump)", "\(other.dump)")
        // Part of what is named above: worth a word only by itself.
        if words.isEmpty { compare("QEMU or the machine's definition", machine, other.machine) }
        return words
    }

    /// Reads the inputs of the run in a folder.
    ///
    /// - Throws: ``LabError`` when it has none.
    public static func read(in folder: FilePath) throws(LabError) -> RunInputs {
        let file = folder.appending(name)
        guard FileManager.default.fileExists(atPath: file.string) else {
            throw LabError(
                .badInput, "The run \(folder) does not say what it was made of: it has no \(name).",
                remedy: "Runs that never got as far as a guest have none. pacctlab run makes a new one.")
        }
        do { return try BoundedFile.document(RunInputs.self, in: file) } catch {
            throw LabError(
                .badInput, "\(file) cannot be read: \(error)",
                remedy: "Another version of pacctlab wrote it. Run the scenario again.")
        }
    }
}

extension RunInputs.Kernel {
    init(_ kernel: KernelArtifact, spec: KernelSpec) {
        self.init(
            key: kernel.key, variant: kernel.variant, release: kernel.release,
            source: KernelSourceRecord(spec.source))
    }
}

extension KernelSpec {
    /// The command that builds the kernel again.
    var rebuildCommand: String {
        let place =
            switch source {
            case .version(nil): ""
            case .version(let version?): " --kernel-version \(version)"
            case .tree(let path, let privateCopy):
                " --kernel-tree \(path)" + (privateCopy ? " --private-copy" : "")
            case .tarball(let place, let sum): " --kernel-tarball \(place) --sha256 \(sum)"
            }
        return "pacctlab build kernel --variant \(variant)\(place)"
    }
}
