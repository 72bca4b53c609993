// SPDX-License-Identifier: Apache-2.0

extension GuestEvent {
    /// The kind of frame that carries this event.
    public var kind: FrameKind {
        switch self {
        case .hello: .hello
        case .kernelLog: .kernelLog
        case .stepStarted: .stepStarted
        case .stepFinished: .stepFinished
        case .output: .output
        case .records: .records
        case .heartbeat: .heartbeat
        case .file: .file
        case .note: .note
        case .goodbye: .goodbye
        case .ledger: .ledger
        case .snapshot: .snapshot
        case .sample: .sample
        }
    }

    /// The event as a frame's payload.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .hello(let hello):
            writer.write(hello.job)
            writer.write(hello.kernelRelease)
            writer.write(hello.cpus)
            writer.write(hello.time)
        case .kernelLog(let bytes), .records(let bytes), .ledger(let bytes), .sample(let bytes):
            writer.writeRaw(bytes)
        case .stepStarted(let index, let time):
            writer.write(UInt32(index))
            writer.write(time)
        case .stepFinished(let result):
            writer.write(UInt32(result.index))
            writer.write(result.status.rawValue)
            writer.write(result.errno)
            writer.write(result.exitCode)
            writer.write(result.signal)
            writer.write(result.duration)
            writer.write(result.droppedOutput)
            writer.write(result.message)
        case .output(let index, let stream, let bytes):
            writer.write(UInt32(index))
            writer.write(stream.rawValue)
            writer.writeRaw(bytes)
        case .snapshot(let moment, let bytes):
            writer.write(moment.rawValue)
            writer.writeRaw(bytes)
        case .heartbeat(let time, let freeMemoryKiB):
            writer.write(time)
            writer.write(freeMemoryKiB)
        case .file(let name, let bytes):
            writer.write(name)
            writer.writeRaw(bytes)
        case .note(let text):
            writer.write(text)
        case .goodbye(let goodbye):
            writer.write(goodbye.time)
            writer.write(goodbye.steps)
            writer.write(goodbye.kernelLogRecords)
            writer.write(goodbye.recordBytes)
            writer.write(goodbye.ledgerEntries)
            writer.write(goodbye.droppedFrames)
        }
        return writer.bytes
    }

    /// Reads the event that a frame carries.
    ///
    /// - Throws: ``ContractError`` when the payload is not what its kind says.
    public init(_ frame: Frame) throws(ContractError) {
        var reader = ByteReader(frame.payload)
        switch frame.kind {
        case .kernelLog: self = .kernelLog(Array(reader.readRest()))
        case .records: self = .records(Array(reader.readRest()))
        case .ledger: self = .ledger(Array(reader.readRest()))
        case .sample: self = .sample(Array(reader.readRest()))
        case .hello:
            self = .hello(
                Hello(
                    job: try reader.readString("job"), kernelRelease: try reader.readString("kernel release"),
                    cpus: try reader.read("cpus"), time: try reader.read("time")))
        case .stepStarted:
            self = .stepStarted(index: try Self.readIndex(&reader), time: try reader.read("time"))
        case .stepFinished: self = .stepFinished(try StepResult(from: &reader))
        case .output:
            let index = try Self.readIndex(&reader)
            let rawStream = try reader.read("stream", as: UInt8.self)
            guard let stream = OutputStream(rawValue: rawStream) else {
                throw .unknownValue(field: "stream", value: Int(rawStream))
            }
            self = .output(index: index, stream: stream, bytes: Array(reader.readRest()))
        case .snapshot:
            self = .snapshot(
                try SnapshotMoment(from: &reader), bytes: Array(reader.readRest()))
        case .heartbeat:
            self = .heartbeat(time: try reader.read("time"), freeMemoryKiB: try reader.read("free memory"))
        case .file:
            self = .file(
                name: try reader.readString("file name", limit: 255), bytes: Array(reader.readRest()))
        case .note: self = .note(try reader.readString("note"))
        case .goodbye:
            self = .goodbye(
                Goodbye(
                    time: try reader.read("time"), steps: try reader.read("steps"),
                    kernelLogRecords: try reader.read("kernel log records"),
                    recordBytes: try reader.read("record bytes"),
                    ledgerEntries: try reader.read("ledger entries"),
                    droppedFrames: try reader.read("dropped frames")))
        }
        try reader.finish()
    }

    fileprivate static func readIndex(_ reader: inout ByteReader) throws(ContractError) -> Int {
        let index = Int(try reader.read("step", as: UInt32.self))
        guard index < Contract.maxSteps else {
            throw .tooLong(field: "step number", length: index, limit: Contract.maxSteps)
        }
        return index
    }
}

extension GuestEvent.StepResult {
    fileprivate init(from reader: inout ByteReader) throws(ContractError) {
        index = try GuestEvent.readIndex(&reader)
        let rawStatus = try reader.read("step status", as: UInt8.self)
        guard let status = GuestEvent.StepStatus(rawValue: rawStatus) else {
            throw .unknownValue(field: "step status", value: Int(rawStatus))
        }
        self.status = status
        errno = try reader.read("errno")
        exitCode = try reader.read("exit code")
        signal = try reader.read("signal")
        duration = try reader.read("duration")
        droppedOutput = try reader.read("dropped output")
        message = try reader.readString("message")
    }
}
