// SPDX-License-Identifier: Apache-2.0

extension JobPlan {
    private static let magic: UInt32 = 0x4A43_4150  // "PACJ"

    /// The plan as bytes, in the form that ``init(decoding:)`` reads.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Contract.version)
        writer.write(run)
        writer.write(seed)
        writer.write(heartbeat)
        writer.write(outputLimit)
        writer.write(recordDevice)
        writer.write(UInt32(steps.count))
        for step in steps {
            writer.write(step.name)
            writer.write(step.limit)
            writer.write(UInt8(step.always ? 1 : 0))
            step.action.encode(into: &writer)
        }
        watch.encode(into: &writer)
        return writer.bytes
    }

    /// Reads a plan back.
    ///
    /// - Throws: ``ContractError`` when the bytes are no plan, or one of another version.
    public init(decoding bytes: [UInt8]) throws(ContractError) {
        var reader = ByteReader(bytes)
        guard try reader.read("plan magic", as: UInt32.self) == Self.magic else { throw .badMagic }
        let version = try reader.read("plan version", as: UInt8.self)
        guard version == Contract.version else {
            throw .version(found: Int(version), known: Int(Contract.version))
        }
        run = try reader.readString("run")
        seed = try reader.read("seed")
        heartbeat = try reader.read("heartbeat")
        outputLimit = try reader.read("output limit")
        recordDevice = try reader.readString("record device")
        let count = Int(try reader.read("number of steps", as: UInt32.self))
        guard count <= Contract.maxSteps else {
            throw .tooLong(field: "list of steps", length: count, limit: Contract.maxSteps)
        }
        steps = []
        for _ in 0..<count {
            let name = try reader.readString("step name")
            let limit = try reader.read("step limit", as: UInt64.self)
            let always = try reader.read("step always", as: UInt8.self) != 0
            steps.append(
                Step(name: name, limit: limit, always: always, action: try Action(from: &reader)))
        }
        watch = try WatchPlan(from: &reader)
        try reader.finish()
    }
}

extension JobPlan.Action {
    private static let maxArguments = 1024
    private static let maxText = 64 * 1024

    fileprivate func encode(into writer: inout ByteWriter) {
        switch self {
        case .load(let path, let parameters):
            writer.write(UInt8(1))
            writer.write(path)
            writer.write(parameters)
        case .unload(let name):
            writer.write(UInt8(2))
            writer.write(name)
        case .run(let arguments, let environment):
            writer.write(UInt8(3))
            Self.write(arguments, into: &writer)
            Self.write(environment, into: &writer)
        case .wait(let nanoseconds):
            writer.write(UInt8(4))
            writer.write(nanoseconds)
        case .write(let path, let text):
            writer.write(UInt8(5))
            writer.write(path)
            writer.write(text)
        case .collect(let path, let name):
            writer.write(UInt8(6))
            writer.write(path)
            writer.write(name)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(ContractError) {
        let kind = try reader.read("action", as: UInt8.self)
        switch kind {
        case 1:
            self = .load(
                path: try reader.readString("module path"), parameters: try reader.readString("parameters"))
        case 2: self = .unload(name: try reader.readString("module name"))
        case 3:
            self = .run(
                arguments: try Self.readStrings("arguments", from: &reader),
                environment: try Self.readStrings("environment", from: &reader))
        case 4: self = .wait(nanoseconds: try reader.read("wait"))
        case 5:
            self = .write(
                path: try reader.readString("path"),
                text: try reader.readString("text", limit: Self.maxText))
        case 6:
            self = .collect(path: try reader.readString("path"), name: try reader.readString("name"))
        default: throw .unknownValue(field: "action", value: Int(kind))
        }
    }

    private static func write(_ strings: [String], into writer: inout ByteWriter) {
        writer.write(UInt32(strings.count))
        for string in strings { writer.write(string) }
    }

    private static func readStrings(
        _ field: String, from reader: inout ByteReader
    ) throws(ContractError) -> [String] {
        let count = Int(try reader.read(field, as: UInt32.self))
        guard count <= maxArguments else { throw .tooLong(field: field, length: count, limit: maxArguments) }
        var strings: [String] = []
        for _ in 0..<count { strings.append(try reader.readString(field, limit: maxText)) }
        return strings
    }
}
