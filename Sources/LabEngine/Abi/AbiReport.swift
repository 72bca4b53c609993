// SPDX-License-Identifier: Apache-2.0

import Artifacts

/// What a module needs, held against what kernels export: the document that `pacctlab abi --json` prints.
public struct AbiReport: Sendable, Codable, Equatable {
    /// What is wrong with a symbol.
    public enum Problem: String, Sendable, Codable {
        /// Nobody exports it.
        case missing
        /// Its type is another one than the module was built with.
        case crcDiffers = "crc-differs"
        /// Only GPL modules may use it, and this one is none.
        case gplOnly = "gpl-only"
        /// It is in a namespace that the module does not import.
        case namespace
    }

    /// A symbol that the module needs, or that differs between two kernels.
    public struct Entry: Sendable, Codable, Equatable {
        /// Its name.
        public var symbol: String
        /// Who exports it; nil when nobody does.
        public var owner: String?
        /// The CRC of its type, as 0x and eight digits; nil where the kernel keeps no versions.
        public var crc: String?
        /// What is wrong; nil when nothing is.
        public var problem: Problem?
        /// What that means, in a sentence; nil when nothing is wrong.
        public var text: String?
    }

    /// How two kernels differ.
    public struct Difference: Sendable, Codable, Equatable {
        /// The other kernel.
        public var kernel: String
        /// Symbols that it no longer exports.
        public var gone: [String]
        /// Symbols that only it exports.
        public var new: [String]
        /// Symbols with another type.
        public var changed: [String]
        /// Whether these are all symbols, as opposed to those that the module needs.
        public var isWhole: Bool
        /// Problems of the module with it: what would keep it from being loaded there as it is.
        public var problems: [Entry]
    }

    /// The module's name.
    public var module: String
    /// The kernel that it was built for.
    public var kernel: String
    /// Whether that kernel keeps versions of its symbols.
    public var hasVersions: Bool
    /// Every symbol that the module needs.
    public var needs: [Entry]
    /// Against another kernel; nil when none was named.
    public var against: Difference?

    /// `failed` when something would keep the module from being loaded.
    public var verdict: Verdict {
        needs.contains { $0.problem != nil } || against?.problems.isEmpty == false ? .failed : .passed
    }

    private enum CodingKeys: String, CodingKey { case module, kernel, hasVersions, needs, against }

    /// Holds a module against the kernel it was built for.
    public init(module: String, needs: ModuleNeeds, kernel: String, exports: KernelExports) {
        self.module = module
        self.kernel = kernel
        hasVersions = exports.symbols.values.contains { $0.crc != nil }
        self.needs = needs.symbols.map { Self.entry($0, needs, exports) }
    }

    /// Holds it against another kernel as well.
    ///
    /// - Parameter isWhole: Whether every difference is named, as opposed to those that concern the module.
    public mutating func compare(
        _ needs: ModuleNeeds, _ exports: KernelExports, with other: KernelExports, of kernel: String,
        isWhole: Bool
    ) {
        let wanted = isWhole ? nil : Set(needs.symbols.map(\.name))
        func relevant(_ names: some Sequence<String>) -> [String] {
            names.filter { wanted?.contains($0) ?? true }.sorted()
        }
        let (before, after) = (exports.symbols, other.symbols)
        against = Difference(
            kernel: kernel, gone: relevant(before.keys.filter { after[$0] == nil }),
            new: relevant(after.keys.filter { before[$0] == nil }),
            changed: relevant(
                before.compactMap { name, symbol in
                    guard let later = after[name], later.crc != symbol.crc else { return nil }
                    return name
                }), isWhole: isWhole,
            problems: needs.symbols.map { Self.entry($0, needs, other) }.filter { $0.problem != nil })
    }

    private static func entry(_ need: ModuleNeeds.Symbol, _ needs: ModuleNeeds, _ exports: KernelExports)
        -> Entry
    {
        var entry = Entry(symbol: need.name, owner: nil, crc: nil, problem: nil, text: nil)
        guard let symbol = exports.symbols[need.name] else {
            (entry.problem, entry.text) = (.missing, "nobody exports it to modules")
            return entry
        }
        entry.owner = symbol.owner
        entry.crc = symbol.crc.map(hex)
        if let wanted = need.crc, let there = symbol.crc, wanted != there {
            (entry.problem, entry.text) = (
                .crcDiffers, "its type is \(hex(there)), the module was built with \(hex(wanted))"
            )
        } else if symbol.isGPLOnly, !needs.isGPL {
            (entry.problem, entry.text) = (
                .gplOnly, "it is for GPL modules only, and the licence is \"\(needs.license ?? "")\""
            )
        } else if let namespace = symbol.namespace, !needs.namespaces.contains(namespace) {
            (entry.problem, entry.text) = (.namespace, "the module must import the namespace \(namespace)")
        }
        return entry
    }

    private static func hex(_ crc: UInt32) -> String {
        let digits = String(crc, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
