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

    private var entries: [String: Entry] = [:]

    /// Makes an empty archive.
    public init() {}

    /// Adds an entry, and the folders above it that are not there (mode 0755). A later entry of the same path
    /// replaces the earlier one.
    ///
    /// - Parameters:
    ///   - path: Absolute in the guest.
    ///   - mode: Permission bits; by default 0755 for folders and 0644 for files.
    public mutating func add(_ path: FilePath, _ content: Content, mode: UInt32? = nil) {
        let normal = path.lexicallyNormalized()
        let name = normal.components.map(\.string).joined(separator: "/")
        guard !name.isEmpty else { return }
        var parent = normal.removingLastComponent()
        while !parent.components.isEmpty {
            let parentName = parent.components.map(\.string).joined(separator: "/")
            if entries[parentName] == nil { entries[parentName] = Entry(content: .directory, mode: 0o755) }
            parent.removeLastComponent()
        }
        let usual: UInt32 =
            switch content {
            case .directory: 0o755
            case .symlink: 0o777
            default: 0o644
            }
        entries[name] = Entry(content: content, mode: mode ?? usual)
    }

    /// The paths there are, sorted, without a leading slash.
    public var paths: [String] { entries.keys.sorted() }

    func content(of name: String) -> Content? { entries[name]?.content }
    func mode(of name: String) -> UInt32 { entries[name]?.mode ?? 0 }

    /// Writes the archive.
    ///
    /// - Throws: ``ArtifactError`` when a file cannot be read, changes while it is read, or is 4 GiB or
    ///   longer, or when the archive cannot be written.
    public func write(to path: FilePath) throws {
        do {
            let output = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try output.closeAfter {
                var stream = CpioStream(output: output)
                for (index, name) in paths.enumerated() {
                    guard let entry = entries[name] else { continue }
                    // Numbers start at 1 and differ: equal ones would be hard links.
                    try stream.write(name: name, entry: entry, number: UInt32(index + 1))
                }
                try stream.finish()
            }
        } catch let error as Errno {
            throw ArtifactError.system(error.rawValue, action: "write an archive", path: path)
        }
    }
}
