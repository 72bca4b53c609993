// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import GuestContract
import SystemPackage

/// The files that a scenario takes along, see ``Scenario/carried``.
enum CarriedFiles {
    /// Most bytes of all of them together, libraries of programs included: the guest's memory holds them.
    static let limit = 32 << 20
    /// Most files.
    static let mostFiles = 64

    /// What is wrong with a list of carried files; nil when nothing is.
    static func problem(with paths: [String]) -> String? {
        if paths.count > mostFiles { return "at most \(mostFiles) files can ride along" }
        var names: Set<String> = []
        var bytes = 0
        for path in paths {
            guard let name = FilePath(path).lastComponent?.string, isName(name) else {
                return "\"\(path)\": the name of a file that rides along is of letters, digits, dots, dashes"
            }
            if Self.reserved.contains(name) { return "\"\(name)\" is a file of the job itself" }
            if !names.insert(name).inserted { return "two files of the name \"\(name)\" cannot ride along" }
            let attributes = try? FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
            guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular else {
                return "there is no file \"\(path)\""
            }
            guard FileManager.default.isReadableFile(atPath: path) else {
                return "\"\(path)\" cannot be read"
            }
            bytes += attributes[.size] as? Int ?? 0
        }
        return bytes > limit ? "files that ride along may have \(limit >> 20) MiB together" : nil
    }

    /// Where they come from and where they go, with the libraries that programs among them need.
    ///
    /// - Throws: ``LabError`` when something is wrong with them.
    static func placed(_ paths: [String]) async throws -> [(guest: FilePath, host: FilePath)] {
        if let problem = problem(with: paths) {
            throw LabError(.badInput, "The scenario's \"carry\": \(problem).")
        }
        var files: [FilePath: FilePath] = [:]
        for path in paths {
            let host = FilePath(path)
            guard let name = host.lastComponent else { continue }
            files[FilePath(Contract.jobDirectory).appending(name)] = host
            guard isELF(host) else { continue }
            for library in try await ProgramClosure(of: host).libraries {
                files[library.path] = library.source
            }
        }
        let sizes = files.values.map { host in
            let real = URL(fileURLWithPath: host.string).resolvingSymlinksInPath().path
            return (try? FileManager.default.attributesOfItem(atPath: real))?[.size] as? Int ?? 0
        }
        guard sizes.reduce(0, +) <= limit else {
            throw LabError(
                .badInput,
                "The files that ride along have \(sizes.reduce(0, +) >> 20) MiB with their libraries; at most"
                    + " \(limit >> 20) MiB can.",
                remedy: "Link the program statically, or strip it.")
        }
        return files.sorted { $0.key.string < $1.key.string }.map { (guest: $0.key, host: $0.value) }
    }

    private static let reserved: Set<String> = [FilePath(Contract.planPath).lastComponent?.string ?? "plan"]

    private static func isName(_ name: String) -> Bool {
        !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func isELF(_ path: FilePath) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path.string) else { return false }
        defer { try? file.close() }
        return (try? file.read(upToCount: 4)) == Data([0x7F, 0x45, 0x4C, 0x46])
    }
}
