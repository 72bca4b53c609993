// SPDX-License-Identifier: Apache-2.0

/// The functions of a module's object file, as `eu-readelf --section-headers --symbols` lists them.
///
/// The kernel prints a frame as `name+offset/size`. A name need not be unique: every source file may have its own
/// static function of that name. The size helps: it is the distance to the next symbol (kernel/module/kallsyms.c).
struct ModuleSymbols: Sendable, Equatable {
    /// Where in an object file an instruction is.
    struct Place: Sendable, Hashable {
        let section: String
        /// From the section's start, bytes.
        let address: UInt64
    }

    private struct Symbol: Equatable {
        let section: Int
        let value: UInt64
        let size: UInt64
        let name: String
        let isFunction: Bool
    }

    private var sections: [Int: String] = [:]
    private var symbols: [Symbol] = []

    /// Reads the listing.
    init(listing: String) {
        for line in listing.split(separator: "\n") { read(line) }
        symbols.sort { ($0.section, $0.value) < ($1.section, $1.value) }
    }

    /// Where `name+offset/size` may be; more than one place when the frame fits several functions.
    func places(of name: String, offset: UInt64, size: UInt64?) -> [Place] {
        let named = symbols.filter { $0.isFunction && $0.name == name }
        let fitting = named.filter { symbol in
            guard let size else { return true }
            // The last one of a section ends where the next section begins, which only the loader knows.
            return gap(after: symbol).map { $0 == size } ?? (symbol.size <= size)
        }
        var places: [Place] = []
        for symbol in fitting.isEmpty ? named : fitting {
            guard let section = sections[symbol.section], offset <= max(symbol.size, size ?? 0) else {
                continue
            }
            let place = Place(section: section, address: symbol.value &+ offset)
            if !places.contains(place) { places.append(place) }
        }
        return places
    }

    private func gap(after symbol: Symbol) -> UInt64? {
        symbols.first { $0.section == symbol.section && $0.value > symbol.value }.map {
            $0.value - symbol.value
        }
    }

    /// `[ 3] .text  PROGBITS ...`, or `   88: 00000000000003c0  36 FUNC  LOCAL  DEFAULT  3 estimate`.
    private mutating func read(_ line: Substring) {
        if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
            let number = Int(line[line.index(after: line.startIndex)..<end].filter { $0 != " " })
            let name = line[line.index(after: end)...].split(separator: " ").first
            if let number, let name { sections[number] = String(name) }
            return
        }
        let fields = line.split(separator: " ", maxSplits: 7)
        guard fields.count == 8, fields[0].last == ":", let value = UInt64(fields[1], radix: 16),
            let size = UInt64(fields[2]), let section = Int(fields[6])
        else { return }
        // Sections and files are symbols, too, and end no function.
        guard fields[3] == "FUNC" || fields[3] == "NOTYPE" || fields[3] == "OBJECT" else { return }
        symbols.append(
            Symbol(
                section: section, value: value, size: size, name: String(fields[7]),
                isFunction: fields[3] == "FUNC"))
    }
}
