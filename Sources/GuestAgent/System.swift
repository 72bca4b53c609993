// SPDX-License-Identifier: Apache-2.0

import Glibc
import GuestContract

/// Now, on `CLOCK_BOOTTIME`, nanoseconds.
func bootTime() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// The text of an error number, with the number's name where people know it by that.
func errorText(_ number: Int32) -> String {
    "\(ErrorName.name(number)) (\(String(cString: strerror(number))))"
}

/// A whole file, or nil with `errno` set when it cannot be read or is longer than `limit` bytes.
func readWholeFile(_ path: String, limit: Int) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(file, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return nil }
        if count == 0 { return bytes }
        guard bytes.count + count <= limit else {
            errno = EFBIG
            return nil
        }
        bytes.append(contentsOf: buffer[..<count])
    }
}

/// Text of a small file without the line's end, or nil.
func readLine(of path: String) -> String? {
    guard var bytes = readWholeFile(path, limit: 65536) else { return nil }
    while bytes.last == 0x0A { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}

/// What `free` would call available, KiB; 0 when the kernel does not say.
func availableMemoryKiB() -> UInt64 { memoryInformation(["MemAvailable:"])[0] }

/// Lines of /proc/meminfo by their names, colon included, KiB; 0 for one that is not there.
func memoryInformation(_ names: [String]) -> [UInt64] {
    let bytes = readWholeFile("/proc/meminfo", limit: 65536) ?? []
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return names.map { name in
        let number = lines.first { $0.hasPrefix(name) }?.dropFirst(name.count).split(separator: " ").first
        return number.flatMap { UInt64($0) } ?? 0
    }
}
