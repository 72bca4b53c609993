// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GuestContract

@Suite("The job's memory and archive")
struct JobMemoryTests {
    /// One record of a "newc" archive.
    private func record(_ name: String, mode: UInt32, _ content: [UInt8] = []) -> [UInt8] {
        let hex = { (value: Int) in
            let digits = String(value, radix: 16, uppercase: true)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }
        var numbers = [Int](repeating: 0, count: 13)
        (numbers[1], numbers[6], numbers[11]) = (Int(mode), content.count, name.utf8.count + 1)
        var bytes = Array(("070701" + numbers.map(hex).joined() + name).utf8) + [0]
        while bytes.count % 4 != 0 { bytes.append(0) }
        bytes += content
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    private var archive: [UInt8] {
        record("job", mode: 0o040755) + record("job/plan", mode: 0o100644, [1, 2, 3, 4, 5])
            + record("TRAILER!!!", mode: 0)
    }

    private func entries(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
        try bytes.withUnsafeBytes { memory in
            var reader = CpioReader(memory)
            var found: [String: [UInt8]] = [:]
            while let entry = try reader.next() { found[entry.name] = Array(entry.content) }
            return found
        }
    }

    @Test("An archive gives back its folders and files")
    func reads() throws {
        #expect(try entries(archive) == ["job": [], "job/plan": [1, 2, 3, 4, 5]])
    }

    @Test("An archive that was cut anywhere is refused, and so is one whose digits are none")
    func refuses() {
        // Behind the last name nothing is needed.
        let needed = archive.count - 1
        for length in 0..<(needed - 3) {
            #expect(throws: ContractError.self) { try entries(Array(archive.prefix(length))) }
        }
        var broken = archive
        broken[20] = UInt8(ascii: "x")
        #expect(throws: ContractError.self) { try entries(broken) }
    }

    @Test("There is no job before its magic number, and none longer than the memory")
    func memory() throws {
        func archiveLength(_ bytes: [UInt8]) throws -> Int? {
            try bytes.withUnsafeBytes { try JobMemory.archive(in: $0)?.count }
        }
        #expect(try archiveLength([UInt8](repeating: 0, count: 64)) == nil)
        #expect(try archiveLength(JobMemory.header(archiveLength: 5) + [1, 2, 3, 4, 5, 0, 0]) == 5)
        #expect(throws: ContractError.self) {
            try archiveLength(JobMemory.header(archiveLength: 8) + [1, 2])
        }
        #expect(throws: ContractError.self) { try archiveLength([1, 2, 3]) }
    }
}
