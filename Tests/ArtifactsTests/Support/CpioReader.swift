// SPDX-License-Identifier: Apache-2.0

/// Reads "newc" archives, written from the format's description and not from the writer's code.
struct CpioReader {
    struct Record: Equatable {
        var name = ""
        var number = 0
        var mode = 0
        var owner = [0, 0]
        var links = 0
        var time = 0
        var device = [0, 0]
        var content: [UInt8] = []
        var check = 0

        var text: String { String(decoding: content, as: UTF8.self) }
    }

    struct Damaged: Error { let offset: Int }

    /// All records, without the end mark.
    let records: [Record]
    /// Where the first byte behind the end mark's record is.
    let end: Int

    init(_ bytes: [UInt8]) throws {
        var found: [Record] = []
        var offset = 0
        func number(_ at: Int) throws -> Int {
            guard at + 8 <= bytes.count,
                let value = Int(String(decoding: bytes[at..<at + 8], as: UTF8.self), radix: 16)
            else { throw Damaged(offset: at) }
            return value
        }
        func padding(_ length: Int) -> Int { (4 - length % 4) % 4 }
        while true {
            guard offset + 110 <= bytes.count, bytes[offset..<offset + 6].elementsEqual("070701".utf8) else {
                throw Damaged(offset: offset)
            }
            let fields = try (0..<13).map { try number(offset + 6 + $0 * 8) }
            let (size, nameSize) = (fields[6], fields[11])
            var place = offset + 110
            guard nameSize > 0, place + nameSize <= bytes.count, bytes[place + nameSize - 1] == 0 else {
                throw Damaged(offset: place)
            }
            let name = String(decoding: bytes[place..<place + nameSize - 1], as: UTF8.self)
            place += nameSize + padding(110 + nameSize)
            guard place + size + padding(size) <= bytes.count else { throw Damaged(offset: place) }
            let content = Array(bytes[place..<place + size])
            offset = place + size + padding(size)
            if name == "TRAILER!!!" { break }
            found.append(
                Record(
                    name: name, number: fields[0], mode: fields[1], owner: [fields[2], fields[3]],
                    links: fields[4], time: fields[5], device: [fields[9], fields[10]], content: content,
                    check: fields[12]))
        }
        records = found
        end = offset
    }

    subscript(_ name: String) -> Record? { records.first { $0.name == name } }
}
