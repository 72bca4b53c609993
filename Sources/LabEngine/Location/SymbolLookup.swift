// SPDX-License-Identifier: Apache-2.0

import Subprocess
import SystemPackage

/// Asks the debug information of object files, and remembers what each file has.
struct SymbolLookup {
    private static let outputLimit = 64 << 10
    private static let listingLimit = 16 << 20

    private var listings: [FilePath: ModuleSymbols] = [:]
    private var left = Int.max

    /// Asks about no more than so many addresses from now on.
    mutating func limit(to count: Int) { left = count }

    /// Where `name+offset/size` may be in an object.
    mutating func places(
        of name: String, offset: UInt64, size: UInt64?, in object: FilePath
    ) async -> [ModuleSymbols.Place] {
        if listings[object] == nil {
            let result = try? await Subprocess.run(
                .name("eu-readelf"), arguments: ["--section-headers", "--symbols", "\(object)"],
                output: .string(limit: Self.listingLimit), error: .discarded)
            listings[object] = ModuleSymbols(listing: result?.standardOutput ?? "")
        }
        return listings[object]?.places(of: name, offset: offset, size: size) ?? []
    }

    /// What an instruction is in, innermost function first. `eu-addr2line` relocates the sections of a `.ko` by itself.
    mutating func calls(at place: ModuleSymbols.Place, in object: FilePath) async -> [SourceCall] {
        guard left > 0 else { return [] }
        left -= 1
        let result = try? await Subprocess.run(
            .name("eu-addr2line"),
            arguments: [
                "--absolute", "--functions", "--inlines", "--exe=\(object)", "--section=\(place.section)",
                "0x\(String(place.address, radix: 16))",
            ],
            output: .string(limit: Self.outputLimit), error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return [] }
        return SourceCall.calls(in: result.standardOutput)
    }
}
