// SPDX-License-Identifier: Apache-2.0

extension JobPlan {
    private static let magic: UInt32 = 0x4A43_4150  // "PACJ"

    /// The plan as bytes, in the form that ``init(decoding:)`` reads.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Contract.version)
        writer.write(job)
        writer.write(seed)
        writer.write(epoch)
        writer.write(UInt8(staysUp ? 1 : 0))
        writer.write(heartbeat)
        writer.write(outputLimit)
        writer.write(recordDevice)
        writer.write(UInt8(keepsLedger ? 1 : 0))
        writer.write(UInt32(steps.count))
        for step in steps {
            writer.write(step.name)
            writer.write(step.limit)
            writer.write(UInt8((step.always ? 1 : 0) | (step.background ? 2 : 0)))
            writer.write(UInt32(step.members))
            writer.write(UInt32(step.allowed.count))
            for number in step.allowed { writer.write(number) }
            step.action.encode(into: &writer)
            writer.write(step.start.delay)
            writer.write(step.start.cpus)
            writer.write(UInt8(bitPattern: step.start.nice))
        }
        watch.encode(into: &writer)
        writer.write(perturbation.path)
        writer.write(perturbation.parameters)
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
        job = try reader.readString("job")
        seed = try reader.read("seed")
        epoch = try reader.read("epoch")
        staysUp = try reader.read("stay up", as: UInt8.self) != 0
        heartbeat = try reader.read("heartbeat")
        outputLimit = try reader.read("output limit")
        recordDevice = try reader.readString("record device")
        keepsLedger = try reader.read("ledger", as: UInt8.self) != 0
        let count = Int(try reader.read("number of steps", as: UInt32.self))
        guard count <= Contract.maxSteps else {
            throw .tooLong(field: "list of steps", length: count, limit: Contract.maxSteps)
        }
        steps = []
        for _ in 0..<count { steps.append(try Step(from: &reader)) }
        watch = try WatchPlan(from: &reader)
        perturbation.path = try reader.readString("perturbation")
        perturbation.parameters = try reader.readString("perturbation's parameters")
        try reader.finish()
        try checkGroups()
    }
}

extension JobPlan.Step {
    private static let maxAllowed = 64

    fileprivate init(from reader: inout ByteReader) throws(ContractError) {
        name = try reader.readString("step name")
        limit = try reader.read("step limit", as: UInt64.self)
        let flags = try reader.read("step flags", as: UInt8.self)
        guard flags <= 3 else { throw .unknownValue(field: "step flags", value: Int(flags)) }
        always = flags & 1 != 0
        background = flags & 2 != 0
        members = Int(try reader.read("members", as: UInt32.self))
        let count = Int(try reader.read("allowed errors", as: UInt32.self))
        guard count <= Self.maxAllowed else {
            throw .tooLong(field: "allowed errors", length: count, limit: Self.maxAllowed)
        }
        allowed = []
        for _ in 0..<count { allowed.append(try reader.read("allowed error")) }
        action = try JobPlan.Action(from: &reader)
        start.delay = try reader.read("delay")
        start.cpus = try reader.read("CPUs")
        start.nice = Int8(bitPattern: try reader.read("nice value", as: UInt8.self))
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
        case .check(let path, let condition):
            writer.write(UInt8(7))
            writer.write(path)
            condition.encode(into: &writer)
        case .together: writer.write(UInt8(8))
        case .repeating(let count):
            writer.write(UInt8(9))
            writer.write(count)
        case .fault(let fault):
            writer.write(UInt8(10))
            fault.encode(into: &writer)
        case .suspendRecords: writer.write(UInt8(11))
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
        case 7:
            self = .check(path: try reader.readString("path"), condition: try Condition(from: &reader))
        case 8: self = .together
        case 9: self = .repeating(count: try reader.read("rounds"))
        case 10: self = .fault(try Fault(from: &reader))
        case 11: self = .suspendRecords
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
