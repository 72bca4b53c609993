// SPDX-License-Identifier: Apache-2.0

extension Condition {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .equals(let text): Self.write(1, text, into: &writer)
        case .contains(let text): Self.write(2, text, into: &writer)
        case .lacks(let text): Self.write(3, text, into: &writer)
        case .atLeast(let number):
            writer.write(UInt8(4))
            writer.write(number)
        case .atMost(let number):
            writer.write(UInt8(5))
            writer.write(number)
        }
    }

    private static func write(_ kind: UInt8, _ text: String, into writer: inout ByteWriter) {
        writer.write(kind)
        writer.write(text)
    }

    init(from reader: inout ByteReader) throws(ContractError) {
        let kind = try reader.read("condition", as: UInt8.self)
        switch kind {
        case 1: self = .equals(try reader.readString("text"))
        case 2: self = .contains(try reader.readString("text"))
        case 3: self = .lacks(try reader.readString("text"))
        case 4: self = .atLeast(try reader.read("number"))
        case 5: self = .atMost(try reader.read("number"))
        default: throw .unknownValue(field: "condition", value: Int(kind))
        }
    }
}

extension Fault {
    func encode(into writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        for number in [probability, interval, times, space] { writer.write(number) }
        writer.write(UInt8(workers ? 1 : 0))
        writer.write(function)
        writer.write(error)
    }

    init(from reader: inout ByteReader) throws(ContractError) {
        let raw = try reader.read("fault", as: UInt8.self)
        guard let kind = Kind(rawValue: raw) else { throw .unknownValue(field: "fault", value: Int(raw)) }
        self.kind = kind
        probability = try reader.read("probability")
        interval = try reader.read("interval")
        times = try reader.read("times")
        space = try reader.read("space")
        workers = try reader.read("workers", as: UInt8.self) != 0
        function = try reader.readString("function", limit: 255)
        error = try reader.read("error")
    }
}
