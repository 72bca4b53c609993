// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What a kernel module says about itself: its section `.modinfo`, a list of `name=value` strings ended by
/// NUL (include/linux/moduleparam.h of the kernel).
public struct ModuleInfo: Sendable, Hashable, Codable {
    /// A parameter as `modprobe` and `insmod` take it.
    public struct Parameter: Sendable, Hashable, Codable {
        /// Its name.
        public let name: String
        /// As in "int" or "array of charp"; `nil` when the module does not say.
        public let type: String?
        /// What it is for; `nil` when the module does not say.
        public let text: String?
    }

    /// The module's name, with underscores.
    public let name: String
    /// The kernel it was built for.
    public let vermagic: String
    /// Modules that must be loaded before.
    public let depends: [String]
    /// Its parameters, by name.
    public let parameters: [Parameter]
    /// Its licence, as in "GPL".
    public let license: String?
    /// Namespaces of symbols that it imports, sorted.
    public let namespaces: [String]
    /// The version of the energy records that it hands out (`pacct_energy_abi`); `nil` when it says nothing of any.
    public let recordABI: Int?

    /// Reads a `.ko` file.
    ///
    /// - Throws: ``ArtifactError`` with `invalidInput` when it is not a kernel module.
    public init(path: FilePath) throws {
        let section = try ElfFile(path: path).section(".modinfo")
        guard let section else {
            throw ArtifactError(
                .invalidInput, action: "read a kernel module", subject: path.string,
                reason: "It has no section .modinfo, so it is not a kernel module.")
        }
        self.init(modinfo: section, fallbackName: path.stem ?? "")
    }

    init(modinfo bytes: some Sequence<UInt8>, fallbackName: String) {
        var values: [String: [String]] = [:]
        for entry in Array(bytes).split(separator: 0) {
            let parts = String(decoding: entry, as: UTF8.self).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            values[String(parts[0]), default: []].append(String(parts[1]))
        }
        name = values["name"]?.first ?? String(fallbackName.map { $0 == "-" ? "_" : $0 })
        vermagic = values["vermagic"]?.first ?? ""
        license = values["license"]?.first
        namespaces = Set(values["import_ns"] ?? []).sorted()
        recordABI = values["pacct_energy_abi"]?.first.flatMap { Int($0) }
        depends = (values["depends"] ?? []).flatMap { $0.split(separator: ",").map(String.init) }
        func byName(_ key: String) -> [String: String] {
            var result: [String: String] = [:]
            for value in values[key] ?? [] {
                let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                result[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
            }
            return result
        }
        let types = byName("parmtype")
        let texts = byName("parm")
        parameters = Set(types.keys).union(texts.keys).sorted().map {
            Parameter(name: $0, type: types[$0], text: texts[$0])
        }
    }
}
