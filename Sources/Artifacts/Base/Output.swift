// SPDX-License-Identifier: Apache-2.0

/// Cuts a byte stream into lines at newlines. A line longer than `limit` is cut there.
struct LineSplitter {
    private var pending: [UInt8] = []
    private let limit = 1 << 16

    /// Takes bytes and hands out the lines that are complete, without their newline.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ line: (String) throws -> Void) rethrows {
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let stop = min(bytes.endIndex, start + limit - pending.count)
            let end = bytes[start..<stop].firstIndex(of: 0x0A) ?? stop
            pending.append(contentsOf: bytes[start..<end])
            let isEnded = end < bytes.endIndex && bytes[end] == 0x0A
            if isEnded || pending.count >= limit {
                try line(String(decoding: pending, as: UTF8.self))
                pending.removeAll(keepingCapacity: true)
            }
            start = isEnded ? end + 1 : end
        }
    }

    /// Hands out a last line without newline.
    mutating func finish(_ line: (String) throws -> Void) rethrows {
        guard !pending.isEmpty else { return }
        try line(String(decoding: pending, as: UTF8.self))
        pending = []
    }
}

/// The last bytes of a stream, at most `limit` after each trim (twice that in between).
struct BoundedTail {
    private var bytes: [UInt8] = []
    private var cut = false
    let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
        if bytes.count > 2 * limit { trim() }
    }

    private mutating func trim() {
        guard bytes.count > limit else { return }
        bytes.removeFirst(bytes.count - limit)
        cut = true
    }

    /// What is left; says so when the beginning was dropped.
    var text: String {
        var copy = self
        copy.trim()
        return (copy.cut ? "[...]\n" : "") + String(decoding: copy.bytes, as: UTF8.self)
    }
}
