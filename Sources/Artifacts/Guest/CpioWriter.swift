// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Writes a cpio archive in the format "newc", which the kernel unpacks as initramfs
/// (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel).
///
/// Same entries, same bytes: entries are sorted by path, owned by root, dated 1970, and numbered in order.
/// The archive is padded to 512 bytes, so that archives can be put one behind another. Making device nodes
/// needs no privilege here, since they only are numbers in a file.
public struct CpioWriter: Sendable {
    /// What an entry is.
    public enum Content: Sendable, Hashable {
        /// A folder.
        case directory
        /// A file with these bytes.
        case bytes([UInt8])
        /// A file with the content of one of the host's; symbolic links are followed.
        case file(FilePath)
        /// A symbolic link and what it says.
        case symlink(String)
        /// A character device.
        case device(major: UInt32, minor: UInt32)
    }

    struct Entry: Sendable {
        let content: Content
        let mode: UInt32
    }

    /// A path without a leading slash, as bytes: to `String`, two spellings of one accented letter are equal.
    private typealias Name = [UInt8]

    private var entries: [Name: Entry] = [:]

    /// Makes an empty archive.
    public init() {}

    /// Adds an entry, and the folders above it that are not there (mode 0755). A later entry of the same path
    /// replaces the earlier one.
    ///
    /// - Parameters:
    ///   - path: Absolute in the guest.
    ///   - mode: Permission bits; by default 0755 for folders and 0644 for files.
    public mutating func add(_ path: FilePath, _ content: Content, mode: UInt32? = nil) {
        let name = Self.name(path)
        guard !name.isEmpty else { return }
        var parent = Self.parent(of: name)
        while !parent.isEmpty {
            if entries[parent] == nil { entries[parent] = Entry(content: .directory, mode: 0o755) }
            parent = Self.parent(of: parent)
        }
        let usual: UInt32 =
            switch content {
            case .directory: 0o755
            case .symlink: 0o777
            default: 0o644
            }
        entries[name] = Entry(content: content, mode: mode ?? usual)
    }

    /// The paths there are, without a leading slash, sorted by their bytes: a folder comes before what is in it.
    public var paths: [String] { sorted.map { String(decoding: $0, as: UTF8.self) } }

    private var sorted: [Name] { entries.keys.sorted { $0.lexicographicallyPrecedes($1) } }

    func content(of name: String) -> Content? { entries[Array(name.utf8)]?.content }
    func mode(of name: String) -> UInt32 { entries[Array(name.utf8)]?.mode ?? 0 }

    private static let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))

    /// Without `.`, and without `..` where there is something to go up from.
    private static func name(_ path: FilePath) -> Name {
        var components: [ArraySlice<UInt8>] = []
        for component in Array(path.string.utf8).split(separator: slash) where component != [dot] {
            if component != [dot, dot] {
                components.append(component)
            } else if let last = components.last, last != [dot, dot] {
                components.removeLast()
            } else if !path.isAbsolute {
                components.append(component)
            }
        }
        return Name(components.joined(separator: [slash]))
    }

    private static func parent(of name: Name) -> Name { Name(name[..<(name.lastIndex(of: slash) ?? 0)]) }

    /// Writes the archive.
    ///
    /// - Throws: ``ArtifactError`` when the kernel would drop or misread an entry, when a file cannot be read,
    ///   becomes shorter while it is read, or is 4 GiB or longer, or when the archive cannot be written.
    public func write(to path: FilePath) throws {
        do {
            try check()
            let output = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try output.closeAfter {
                var stream = CpioStream(output: output)
                for (index, name) in sorted.enumerated() {
                    guard let entry = entries[name] else { continue }
                    // Numbers start at 1 and differ: equal ones would be hard links.
                    try stream.write(
                        name: String(decoding: name, as: UTF8.self), entry: entry, number: UInt32(index + 1))
                }
                try stream.finish()
            }
        } catch let error as Errno {
            throw ArtifactError.system(error.rawValue, action: "write an archive", path: path)
        }
    }

    /// `PATH_MAX` of the kernel, which counts the NUL at the end.
    private static let longestPath = 4096

    /// Refuses what the kernel's init/initramfs.c skips or takes for something else without a word.
    private func check() throws {
        for (name, entry) in entries {
            func refuse(_ reason: String) -> ArtifactError {
                ArtifactError(
                    .invalidInput, action: "put an entry into an archive",
                    subject: "/" + String(decoding: name, as: UTF8.self), reason: reason)
            }
            if name.elementsEqual(CpioStream.endMark.utf8) {
                throw refuse("This name marks the end of an archive.")
            }
            if name.starts(with: [Self.dot, Self.dot, Self.slash]) {
                throw refuse("The path leads out of the archive.")
            }
            if name.count >= Self.longestPath {
                throw refuse("The path is longer than the kernel unpacks (\(Self.longestPath - 1) bytes).")
            }
            if case .symlink(let target) = entry.content,
                target.isEmpty || target.utf8.contains(0) || target.utf8.count >= Self.longestPath
            {
                throw refuse(
                    "What the link says is empty, has a NUL in it, or is longer than the kernel unpacks.")
            }
            // The folders above are entries themselves, so looking one up is enough.
            switch entries[Self.parent(of: name)]?.content {
            case .directory, .symlink, nil: continue
            case .bytes, .file, .device: throw refuse("What is above it is not a folder.")
            }
        }
    }
}
