// SPDX-License-Identifier: Apache-2.0

/// What a system looked like at one moment: texts of files of its kernel, by name.
///
/// The format is that of `guest_snapshot`, see Sources/CGuest/include/snapshot.h. Whatever bytes come, reading
/// them gives what is whole, and says that something is missing.
public struct SystemSnapshot: Sendable, Equatable {
    /// One file.
    public struct Section: Sendable, Equatable {
        /// Why the file could not be read, an errno; 0 when it was, EFBIG when it was cut off.
        public var error: Int32
        /// What was in it, as far as it was read.
        public var text: String

        /// A section.
        public init(error: Int32 = 0, text: String) {
            self.error = error
            self.text = text
        }
    }

    /// `EFBIG` of the guest.
    static let tooBig: Int32 = 27
    /// `ENOENT` of the guest: this kernel, or this module, has no such file.
    static let notThere: Int32 = 2
    private static let maxSections = 64
    private static let maxHeader = 96
    /// What the snapshot's child writes last, apart from the leaks.
    private static let last = "debugfs-names"

    /// What there is, by name.
    public private(set) var sections: [String: Section] = [:]
    /// Whether the child wrote all it wanted to.
    public private(set) var isWhole = false

    /// A snapshot of these sections.
    public init(sections: [String: Section]) {
        self.sections = sections
        isWhole = sections[Self.last] != nil
    }

    /// Reads what a child has written.
    public init(decoding bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty, sections.count < Self.maxSections {
            guard let end = rest.prefix(Self.maxHeader).firstIndex(of: 0x0A) else { return }
            let header = rest[..<end].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            guard header.count == 3, let error = Int32(header[1]), let length = Int(header[2]),
                (0...bytes.count).contains(length),
                rest.endIndex - end > length + 1
            else { return }
            let body = rest[(end + 1)...].prefix(length)
            sections[header[0]] = Section(error: error, text: String(decoding: body, as: UTF8.self))
            rest = rest[(end + 1 + length)...].dropFirst()
        }
        isWhole = rest.isEmpty && sections[Self.last] != nil
    }

    /// The text of a file that was read whole; nil when it was not.
    public func text(_ name: String) -> String? {
        guard let section = sections[name], section.error == 0 else { return nil }
        return section.text
    }

    /// The lines of such a file.
    func lines(_ name: String) -> [Substring]? {
        text(name)?.split(separator: "\n", omittingEmptySubsequences: true)
    }

    /// Why a file is not there, for people.
    func absence(of name: String) -> String {
        switch sections[name]?.error {
        case nil: "the snapshot ends before it"
        case Self.notThere: "this kernel does not have it"
        case Self.tooBig: "it is too long to be kept"
        case .some(let error): "reading it failed with errno \(error)"
        }
    }
}
