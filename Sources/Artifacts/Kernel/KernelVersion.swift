// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The version a kernel tree's top Makefile states.
struct KernelVersion: Sendable, Hashable, CustomStringConvertible {
    let version: Int
    let patchLevel: Int
    let sublevel: Int
    let extra: String

    /// As in "6.18".
    var series: String { "\(version).\(patchLevel)" }
    var description: String { "\(series).\(sublevel)\(extra)" }

    /// Reads the assignments at the head of the Makefile.
    ///
    /// - Throws: ``ArtifactError`` with `notFound` when `tree` holds no kernel.
    init(tree: FilePath) throws {
        let makefile = tree.appending("Makefile")
        let noKernel = ArtifactError(
            .notFound, action: "read the kernel's version", subject: tree.string,
            reason: "The folder has no Makefile that states VERSION and PATCHLEVEL.",
            remedy: "Name the top folder of a kernel source tree.")
        guard Files.exists(makefile) else { throw noKernel }
        var values: [String: String] = [:]
        for line in try Files.text(makefile, limit: 4 << 20).split(separator: "\n").prefix(20) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let name = parts[0].trimmingSpaces
            if values[name] == nil { values[name] = parts[1].trimmingSpaces }
        }
        guard let version = values["VERSION"].flatMap({ Int($0) }),
            let patchLevel = values["PATCHLEVEL"].flatMap({ Int($0) })
        else { throw noKernel }
        self.version = version
        self.patchLevel = patchLevel
        sublevel = values["SUBLEVEL"].flatMap { Int($0) } ?? 0
        extra = values["EXTRAVERSION"] ?? ""
    }

    /// Refuses a kernel of another series than `wanted`.
    func check(series wanted: String, of tree: String) throws {
        guard series != wanted else { return }
        throw ArtifactError(
            .wrongVersion(found: description, wanted: "\(wanted).x"), action: "use a kernel tree",
            subject: tree, reason: "It is Linux \(description), and the lab supports \(wanted).x only.",
            remedy: "Check out a \(wanted) tree, or leave --kernel-tree out to use the lab's own.")
    }
}

extension Substring {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
