// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What images/kernel/source.yaml says.
struct KernelSourceList: Sendable, Codable {
    /// A tarball in one of the places.
    struct Tarball: Sendable, Codable {
        /// The path below the place's address.
        let file: String
        let bytes: Int?
        /// `nil`: not known, so the file is refused unless the user gives a sum.
        let sha256: String?
    }
    /// One version in all places.
    struct Version: Sendable, Codable {
        let debian: Tarball?
        let kernelOrg: Tarball?

        enum CodingKeys: String, CodingKey {
            case debian
            case kernelOrg = "kernel-org"
        }
    }

    let defaultVersion: String
    /// The only series the lab supports, as in "6.18".
    let series: String
    /// The address kernel.org's files are below, ending in a slash.
    let kernelOrg: String
    let versions: [String: Version]

    enum CodingKeys: String, CodingKey {
        case defaultVersion = "default"
        case series
        case kernelOrg = "kernel-org"
        case versions
    }

    static func read(_ path: FilePath) throws -> KernelSourceList {
        let action = "read the list of kernel sources"
        let list = try StrictYAML.read(KernelSourceList.self, from: path, action: action)
        func refuse(_ reason: String) -> ArtifactError {
            ArtifactError(
                .invalidInput, action: action, subject: path.string, reason: reason,
                remedy: "Restore the file from the repository, or correct it.")
        }
        for (name, version) in list.versions {
            for tarball in [version.debian, version.kernelOrg].compactMap(\.self) {
                guard let sum = tarball.sha256, !Checksum.isDigest(sum) else { continue }
                throw refuse("The sha256 of \(name), `\(sum)`, is not of 64 hex digits in lower case.")
            }
        }
        guard list.versions[list.defaultVersion] != nil else {
            throw refuse("The default, \(list.defaultVersion), is not one of the versions.")
        }
        return list
    }

    /// The entry of a version; `nil` asks for the default.
    func entry(_ name: String?) throws -> (name: String, version: Version) {
        let name = name ?? defaultVersion
        guard let version = versions[name] else {
            throw ArtifactError(
                .notFound, action: "find a kernel source", subject: name,
                reason: "images/kernel/source.yaml knows \(versions.keys.sorted().joined(separator: ", ")).",
                remedy: "Choose one of these, or give a tarball or a tree of your own.")
        }
        return (name, version)
    }
}
