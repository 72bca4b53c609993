// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// As much of a 64-bit little-endian ELF file as the lab needs ("System V ABI", chapters 4 and 5).
struct ElfFile: Sendable {
    private let bytes: [UInt8]
    private let path: FilePath

    init(path: FilePath) throws {
        bytes = try Files.read(path)
        self.path = path
        // Magic, ELFCLASS64, ELFDATA2LSB.
        guard bytes.count >= 64, bytes[0..<6] == [0x7F, 0x45, 0x4C, 0x46, 2, 1] else {
            throw ArtifactError(
                .invalidInput, action: "read a program", subject: path.string,
                reason: "It is not a 64-bit little-endian ELF file.")
        }
    }

    /// The content of a section; `nil` when there is none of that name.
    func section(_ name: String) throws -> ArraySlice<UInt8>? {
        // e_shoff, e_shentsize, e_shnum, e_shstrndx
        let (table, size) = (try number(0x28, 8), try number(0x3A, 2))
        let (count, names) = (try number(0x3C, 2), try number(0x3E, 2))
        guard table > 0 else { return nil }
        guard table <= bytes.count else { throw damaged }
        let strings = try content(header: table + names * size)
        for index in 0..<count {
            let header = table + index * size
            let start = strings.startIndex + (try number(header, 4))
            guard start < strings.endIndex else { continue }
            let text = strings[start...].prefix { $0 != 0 }
            if text.elementsEqual(name.utf8) { return try content(header: header) }
        }
        return nil
    }

    /// Names of symbols that are used and not defined, from `.symtab`; empty for a file without one.
    func undefinedSymbols() throws -> [String] {
        guard let table = try section(".symtab"), let strings = try section(".strtab") else { return [] }
        // Elf64_Sym: st_name 4, st_info 1, st_other 1, st_shndx 2, st_value 8, st_size 8.
        let size = 24
        var names: [String] = []
        for start in stride(from: table.startIndex, to: table.endIndex - table.count % size, by: size) {
            let place = strings.startIndex + (try number(start, 4))
            guard try number(start + 6, 2) == 0, place < strings.endIndex else { continue }
            let name = String(decoding: strings[place...].prefix { $0 != 0 }, as: UTF8.self)
            if !name.isEmpty { names.append(name) }
        }
        return names
    }

    /// The dynamic loader the program asks for (`PT_INTERP`); `nil` for a static one.
    func interpreter() throws -> FilePath? {
        // e_phoff, e_phentsize, e_phnum
        let (table, size, count) = (try number(0x20, 8), try number(0x36, 2), try number(0x38, 2))
        guard table <= bytes.count else { throw damaged }
        for index in 0..<count where try number(table + index * size, 4) == 3 {
            let (offset, length) = (
                try number(table + index * size + 8, 8), try number(table + index * size + 32, 8)
            )
            return FilePath(String(decoding: try slice(offset, length).prefix { $0 != 0 }, as: UTF8.self))
        }
        return nil
    }

    private func content(header: Int) throws -> ArraySlice<UInt8> {
        // sh_offset, sh_size
        try slice(try number(header + 24, 8), try number(header + 32, 8))
    }

    private func number(_ offset: Int, _ count: Int) throws -> Int {
        let value = try slice(offset, count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw damaged }
        return number
    }

    private func slice(_ offset: Int, _ count: Int) throws -> ArraySlice<UInt8> {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw damaged
        }
        return bytes[offset..<offset + count]
    }

    private var damaged: ArtifactError {
        ArtifactError(
            .invalidInput, action: "read a program", subject: path.string,
            reason: "The ELF file names places behind its end; it is damaged.")
    }
}
