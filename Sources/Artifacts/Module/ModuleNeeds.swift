// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What a module wants of a kernel: the symbols it uses and does not have itself.
public struct ModuleNeeds: Sendable, Equatable {
    /// A symbol.
    public struct Symbol: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// The CRC of its type that the module was built with; nil where the kernel keeps no versions.
        public var crc: UInt32?

        /// A symbol of these parts.
        public init(name: String, crc: UInt32?) { (self.name, self.crc) = (name, crc) }
    }

    /// Sorted by name.
    public var symbols: [Symbol]
    /// Namespaces that it imports, sorted.
    public var namespaces: [String]
    /// Its licence, as in "GPL".
    public var license: String?

    /// Needs of these parts.
    public init(symbols: [Symbol], namespaces: [String] = [], license: String? = "GPL") {
        (self.symbols, self.namespaces, self.license) = (symbols, namespaces, license)
    }

    /// Reads a `.ko` file: its symbol table (ELF, `SHN_UNDEF`), and for CRCs its section `__versions`, of
    /// `struct modversion_info` (include/linux/module.h: eight bytes of CRC, 56 of name).
    ///
    /// - Throws: ``ArtifactError`` with `invalidInput` when it is no kernel module.
    public init(path: FilePath) throws {
        let file = try ElfFile(path: path)
        let info = try ModuleInfo(path: path)
        var crcs: [String: UInt32] = [:]
        let versions = Array(try file.section("__versions") ?? [])
        for start in stride(
            from: 0, to: versions.count - versions.count % Self.versionSize, by: Self.versionSize)
        {
            let crc = versions[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let name = versions[start + 8..<start + Self.versionSize].prefix { $0 != 0 }
            crcs[String(decoding: name, as: UTF8.self)] = crc
        }
        let names = Set(try file.undefinedSymbols())
        symbols = names.sorted().map { Symbol(name: $0, crc: crcs[$0]) }
        namespaces = info.namespaces
        license = info.license
    }

    private static let versionSize = 64

    /// Licences that may use what is exported to GPL modules only (include/linux/license.h).
    public var isGPL: Bool {
        ["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"]
            .contains(license ?? "")
    }
}

/// What a kernel exports to modules: `Module.symvers`, a line each of CRC, symbol, module, kind and namespace with tabs
/// between (Documentation/kbuild/modules.rst).
public struct KernelExports: Sendable, Equatable {
    /// A symbol.
    public struct Symbol: Sendable, Hashable {
        /// The CRC of its type; nil where the kernel keeps no versions.
        public var crc: UInt32?
        /// Whether only GPL modules may use it.
        public var isGPLOnly: Bool
        /// The namespace that users must import; nil for none.
        public var namespace: String?
        /// Who has it: `vmlinux`, or a module.
        public var owner: String
    }

    /// By name.
    public var symbols: [String: Symbol]

    /// Reads the text of a `Module.symvers`; lines that are none are left out.
    public init(symvers: String) {
        symbols = [:]
        for line in symvers.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 4, fields[0].hasPrefix("0x"),
                let crc = UInt32(fields[0].dropFirst(2), radix: 16)
            else { continue }
            let namespace = fields.count > 4 && !fields[4].isEmpty ? fields[4] : nil
            symbols[fields[1]] = Symbol(
                crc: crc == 0 ? nil : crc, isGPLOnly: fields[3].hasPrefix("EXPORT_SYMBOL_GPL"),
                namespace: namespace, owner: fields[2])
        }
    }

    /// Of a kernel that was built.
    ///
    /// - Throws: ``ArtifactError`` when the file cannot be read.
    public init(_ kernel: KernelArtifact) throws { self.init(symvers: try Files.text(kernel.moduleSymvers)) }
}
