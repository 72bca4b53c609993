// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// `artifact.json`: the last file written into an artifact. A folder without it is not an artifact.
///
/// Its modification time is when the artifact was last used.
public struct ArtifactManifest: Sendable, Hashable, Codable {
    /// The version of this file's format.
    public var format = 1
    /// As in "kernel".
    public let kind: String
    /// The key's hash.
    public let key: String
    /// What people read in a list, as in "kernel 6.18.5 release".
    public let description: String
    /// What the key was made of.
    public let inputs: [ArtifactKey.Input]
    /// When it was finished, in seconds since 1970.
    public let created: Int64
    /// Bytes on disk.
    public let bytes: Int64
    /// How long the build took.
    public let buildSeconds: Double

    static let name = "artifact.json"

    /// The manifest in `directory`, or `nil` when there is none that can be believed.
    static func read(in directory: FilePath, kind: String, key: String) -> ArtifactManifest? {
        guard let bytes = try? Files.read(directory.appending(name), limit: 1 << 20),
            let manifest = try? JSONDecoder().decode(ArtifactManifest.self, from: Data(bytes)),
            manifest.format == 1, manifest.kind == kind, manifest.key == key
        else { return nil }
        return manifest
    }

    func write(in directory: FilePath) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try Files.write(Array(try encoder.encode(self)), to: directory.appending(Self.name))
    }
}
