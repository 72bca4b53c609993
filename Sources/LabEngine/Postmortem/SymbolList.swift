// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// `symbols.json` of a run's folder: what debuggers need besides the dump, and where it is.
///
/// The modules are in the run's folder, below `symbols`; the kernel is large, and stays in the cache.
struct SymbolList: Codable, Equatable {
    struct Kernel: Codable, Equatable {
        /// Names it in the cache.
        var key: String
        var variant: String
        /// `uname -r`.
        var release: String
        /// The command that builds it again.
        var rebuild: String
    }

    struct Module: Codable, Equatable {
        var name: String
        /// Relative to the run's folder.
        var file: String
    }

    var kernel: Kernel
    var modules: [Module]

    static let name = "symbols.json"
    static let folder = "symbols"

    /// Copies the modules of a run into its folder, and writes the list.
    static func write(_ materials: Materials, spec: KernelSpec, to folder: RunFolder) throws {
        let target = folder.path.appending(Self.folder)
        try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: true)
        var modules: [Module] = []
        for file in materials.allModules {
            let name = "\(file.name).ko"
            try FileManager.default.copyItem(atPath: file.path.string, toPath: target.appending(name).string)
            modules.append(Module(name: file.name, file: "\(Self.folder)/\(name)"))
        }
        let kernel = materials.kernel
        let list = SymbolList(
            kernel: .init(
                key: kernel.key, variant: kernel.variant, release: kernel.release,
                rebuild: spec.rebuildCommand),
            modules: modules)
        try folder.write(list.contractJSON() + "\n", to: name)
    }

    /// Reads the list of a run's folder.
    static func read(in folder: FilePath) throws -> SymbolList {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            SymbolList.self, from: Data(contentsOf: URL(fileURLWithPath: folder.appending(name).string)))
    }
}

extension Materials {
    /// Every module that may be in the guest, each once.
    var allModules: [ModuleArtifact.File] {
        var seen: Set<String> = []
        return (underTest.koFiles + lab.values.sorted { $0.name < $1.name }).filter {
            seen.insert($0.name).inserted
        }
    }
}
