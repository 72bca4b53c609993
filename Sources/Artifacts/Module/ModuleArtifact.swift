// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Modules that were built from one folder. As long as this value lives, no `prune` removes them.
public struct ModuleArtifact: Sendable {
    /// One module.
    public struct File: Sendable, Hashable {
        /// As in "pacct_energy", with underscores.
        public let name: String
        /// The `.ko` file.
        public let path: FilePath
        /// The same without debug information, for the guest: a kernel with checks takes seconds to read that.
        public var loaded: FilePath { ModuleArtifact.loaded(path) }
        /// What it says about itself.
        public let info: ModuleInfo
    }

    /// In the order kbuild names them.
    public let koFiles: [File]
    /// What make printed.
    public let log: String
    /// What the compiler warned of.
    public let warnings: [CompilerMessage]
    /// The symbols these modules export, for modules that build on them.
    public let moduleSymvers: FilePath
    /// Where the compiler saw the sources. Paths in debug information and in `__FILE__` that are below
    /// it belong to the module's folder.
    public let compiledIn: FilePath
    /// The user's folder, as given.
    public let folder: FilePath
    /// The key: equal keys are equal modules.
    public let key: String
    /// Stands for its sources: the same whatever kernel it is built for, and wherever its folder is.
    public let version: String
    /// Whether this call built it, as opposed to finding it.
    public let wasBuilt: Bool

    let lease: Artifact

    /// Where a module lies without debug information.
    static func loaded(_ module: FilePath) -> FilePath { FilePath(module.string + ".stripped") }

    /// What is kept beside the `.ko` files.
    struct Record: Codable {
        /// Names of the `.ko` files, in kbuild's order.
        let modules: [String]
        /// With files relative to the module's folder.
        let warnings: [CompilerMessage]
        let log: String
        let compiledIn: String
        /// See ``ModuleArtifact/version``.
        var version = ""

        static let name = "module.json"
    }

    init(artifact: Artifact, folder: FilePath) throws {
        let bytes = try Files.read(artifact.path.appending(Record.name))
        let record = try JSONDecoder().decode(Record.self, from: Data(bytes))
        koFiles = try record.modules.map { name in
            let path = artifact.path.appending(name)
            let info = try ModuleInfo(path: path)
            return File(name: info.name, path: path, info: info)
        }
        log = record.log
        warnings = record.warnings.map { ModulePaths.shown($0, folder: folder) }
        moduleSymvers = artifact.path.appending("Module.symvers")
        compiledIn = FilePath(record.compiledIn)
        self.folder = folder
        key = artifact.manifest.key
        version = record.version
        wasBuilt = artifact.wasBuilt
        lease = artifact
    }
}
