// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import Synchronization
import SystemPackage

/// Tells of changes of files below folders, by inotify(7): no library of this platform's does.
///
/// A file that an editor writes beside and renames is one change, like one that is written in place. New folders are
/// watched as they come.
final class FolderWatcher {
    /// Paths that changed, ``ChangeFilter`` permitting. Of those that nobody took yet there is the last.
    let changes: AsyncStream<FilePath>

    private let sink: AsyncStream<FilePath>.Continuation
    private let source: any DispatchSourceRead

    /// Starts to watch.
    ///
    /// - Throws: ``LabError`` when a folder cannot be watched.
    init(_ roots: [FilePath]) throws {
        (changes, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let reader = try InotifyReader(sink)
        source = DispatchSource.makeReadSource(
            fileDescriptor: reader.descriptor.rawValue, queue: DispatchQueue(label: "pacctlab.watch"))
        // The reader lives as long as the source, and is closed when nobody reads it any more.
        source.setCancelHandler { try? reader.descriptor.close() }
        source.setEventHandler { reader.read() }
        source.activate()
        for root in roots { try reader.add(root) }
    }

    /// ``changes`` has no more.
    deinit {
        source.cancel()
        sink.finish()
    }
}

/// Reads what inotify tells.
private final class InotifyReader: Sendable {
    let descriptor: FileDescriptor

    private let sink: AsyncStream<FilePath>.Continuation
    /// Folders by the numbers that inotify gave them.
    private let folders = Mutex<[Int32: FilePath]>([:])

    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR)
    /// Folders that one watcher watches, at most: somebody may have named their home.
    private static let limit = 2000

    init(_ sink: AsyncStream<FilePath>.Continuation) throws {
        let number = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard number >= 0 else { throw Self.failure("Files cannot be watched", errno) }
        descriptor = FileDescriptor(rawValue: number)
        self.sink = sink
    }

    /// Watches a folder and those below it.
    func add(_ folder: FilePath) throws {
        let number = inotify_add_watch(descriptor.rawValue, folder.string, Self.mask)
        guard number >= 0 else {
            throw Self.failure(
                errno == ENOSPC
                    ? "\(folder) cannot be watched: more folders than fs.inotify.max_user_watches (`sysctl`) allows"
                    : "\(folder) cannot be watched", errno)
        }
        let count = folders.withLock { folders in
            folders[number] = folder
            return folders.count
        }
        guard count <= Self.limit else {
            throw LabError(
                .badInput,
                "There are more than \(Self.limit) folders below the one to be watched (\(folder)).",
                remedy: "Name the folder of the module itself.")
        }
        for name in Self.subfolders(of: folder) where ChangeFilter.isWatched(folder: name) {
            try add(folder.appending(name))
        }
    }

    private static func subfolders(of folder: FilePath) -> [String] {
        guard let stream = opendir(folder.string) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != "..", entry.pointee.d_type == UInt8(DT_DIR) { names.append(name) }
        }
        return names
    }

    /// Takes what inotify has to tell: `struct inotify_event`, one after the other.
    func read() {
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
            while case let count = Glibc.read(descriptor.rawValue, buffer.baseAddress, buffer.count),
                count > 0
            {
                var rest = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                while let event = InotifyEvent(&rest) { take(event) }
            }
        }
    }

    private func take(_ event: InotifyEvent) {
        if event.mask & UInt32(IN_IGNORED) != 0 {
            folders.withLock { _ = $0.removeValue(forKey: event.watch) }
            return
        }
        let folder = folders.withLock { $0[event.watch] } ?? "."
        // Some were lost: one of them may have mattered.
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { sink.yield(folder) }
        let path = folder.appending(event.name)
        if event.mask & UInt32(IN_ISDIR) != 0 {
            guard event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0,
                ChangeFilter.isWatched(folder: event.name)
            else { return }
            // Gone again, perhaps. What was written to it before it was watched is a change all the same.
            try? add(path)
            sink.yield(path)
        } else if event.mask & UInt32(IN_CREATE) == 0, ChangeFilter.matters(event.name) {
            // What is created is told of again when it has been written.
            sink.yield(path)
        }
    }

    private static func failure(_ what: String, _ number: Int32) -> LabError {
        LabError(.trouble, "\(what): \(String(cString: strerror(number))).")
    }
}

/// One event of inotify(7).
struct InotifyEvent: Equatable {
    let watch: Int32
    let mask: UInt32
    let name: String

    private static let headerSize = 16

    init(watch: Int32, mask: UInt32, name: String) {
        (self.watch, self.mask, self.name) = (watch, mask, name)
    }

    /// Takes the first of `bytes` off; nil when there is no whole one left.
    init?(_ bytes: inout UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerSize else { return nil }
        let length = Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        guard bytes.count - Self.headerSize >= length else { return nil }
        watch = bytes.loadUnaligned(as: Int32.self)
        mask = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        let name = bytes[Self.headerSize..<Self.headerSize + length]
        self.name = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        bytes = UnsafeRawBufferPointer(rebasing: bytes[(Self.headerSize + length)...])
    }
}
