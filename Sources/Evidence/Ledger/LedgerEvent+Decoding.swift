// SPDX-License-Identifier: Apache-2.0

extension LedgerEvent {
    /// Decodes whole entries, one after the other, in the format that `LedgerEntry` of GuestContract documents.
    ///
    /// Decoding stops at the first entry that cannot be right: what follows it has no known start.
    ///
    /// - Returns: the events before any problem, and the problem, nil when there is none.
    public static func events(decoding bytes: [UInt8]) -> (events: [LedgerEvent], problem: String?) {
        var events: [LedgerEvent] = []
        events.reserveCapacity(bytes.count / 25)
        var reader = ByteReader(bytes[...])
        while reader.remaining > 0 {
            let place = bytes.count - reader.remaining
            guard let event = LedgerEvent(from: &reader) else {
                return (events, "entry \(events.count + 1), at byte \(place), is cut off or of no known kind")
            }
            events.append(event)
        }
        return (events, nil)
    }

    private init?(from reader: inout ByteReader) {
        guard
            let kind = reader.integer(UInt8.self), let time = reader.integer(UInt64.self),
            let what = What(kind: kind, from: &reader)
        else { return nil }
        self.init(timeNs: time, what: what)
    }
}

extension LedgerEvent.What {
    fileprivate init?(kind: UInt8, from reader: inout ByteReader) {
        switch kind {
        case 1...4: self.init(taskKind: kind, from: &reader)
        case 5:
            guard
                let mark = reader.integer(UInt8.self).flatMap(LedgerEvent.Mark.init(rawValue:)),
                let bits = reader.integer(UInt8.self), let length = reader.integer(UInt8.self),
                length <= 64, let name = reader.take(Int(length))
            else { return nil }
            self = .mark(
                mark, wentWell: bits & 1 != 0, hasDevice: bits & 2 != 0,
                module: String(decoding: name, as: UTF8.self))
        case 6: self = .overrun
        case 7:
            guard let cpu = reader.integer(UInt32.self), let missing = reader.integer(UInt32.self) else {
                return nil
            }
            self = .gap(cpu: cpu, missing: missing)
        case 8:
            guard let errno = reader.integer(Int32.self) else { return nil }
            self = .unavailable(errno: errno)
        default: return nil
        }
    }

    private init?(taskKind: UInt8, from reader: inout ByteReader) {
        guard let pid = reader.integer(Int32.self), let tgid = reader.integer(Int32.self) else { return nil }
        if taskKind == 2 {
            self = .exec(pid: pid, tgid: tgid)
            return
        }
        guard let parent = reader.integer(Int32.self) else { return nil }
        if taskKind == 4 {
            guard
                let start = reader.integer(UInt64.self), let bits = reader.integer(UInt8.self),
                let comm = reader.take(16)
            else { return nil }
            self = .task(
                LedgerEvent.ListedTask(
                    pid: pid, tgid: tgid, parent: parent, startNs: start, isExiting: bits & 1 != 0,
                    isKernelThread: bits & 2 != 0,
                    comm: String(decoding: comm.prefix { $0 != 0 }, as: UTF8.self)))
            return
        }
        guard let parentTgid = reader.integer(Int32.self) else { return nil }
        if taskKind == 1 {
            self = .fork(pid: pid, tgid: tgid, parentPid: parent, parentTgid: parentTgid)
        } else {
            guard let code = reader.integer(UInt32.self) else { return nil }
            self = .exit(pid: pid, tgid: tgid, parentPid: parent, parentTgid: parentTgid, code: code)
        }
    }
}
