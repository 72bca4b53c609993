// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What images/guest/manifest.yaml says.
struct GuestManifest: Sendable, Codable {
    struct Directory: Sendable, Codable {
        let path: String
        let mode: String?
    }
    struct Device: Sendable, Codable {
        let path: String
        let major: UInt32
        let minor: UInt32
        let mode: String?
    }
    struct Link: Sendable, Codable {
        let path: String
        let target: String
    }
    struct TextFile: Sendable, Codable {
        let path: String
        let text: String
        let mode: String?
    }
    struct Program: Sendable, Codable {
        /// A name to be found in `$PATH`, or an absolute path on the host.
        let program: String
        let path: String
        /// Refuse one that needs libraries.
        let `static`: Bool?
        /// A folder for links to a multi-call program's applets.
        let applets: String?
        /// Debian's package, for the message when it is missing.
        let package: String?
    }
    struct Layer: Sendable, Codable {
        let agent: String?
        let directories: [Directory]?
        let devices: [Device]?
        let links: [Link]?
        let files: [TextFile]?
        let programs: [Program]?
    }

    let layers: [String: Layer]

    static func read(_ path: FilePath) throws -> GuestManifest {
        try StrictYAML.read(GuestManifest.self, from: path, action: "read the guest image's manifest")
    }

    func layer(_ name: String) throws -> Layer {
        if let layer = layers[name] { return layer }
        throw ArtifactError(
            .notFound, action: "build a guest image", subject: name,
            reason: "The manifest has no such layer; it has \(layers.keys.sorted().joined(separator: ", ")).",
            remedy: "Name one of these, or add it to images/guest/manifest.yaml.")
    }

    /// Octal permission bits as in "1777"; `nil` stays `nil`.
    static func mode(_ text: String?) throws -> UInt32? {
        guard let text else { return nil }
        if text.allSatisfy(\.isNumber), let mode = UInt32(text, radix: 8), mode <= 0o7777 { return mode }
        throw ArtifactError(
            .invalidInput, action: "read the guest image's manifest", subject: text,
            reason: "A mode is up to four octal digits in quotes, as in \"0755\".")
    }
}
