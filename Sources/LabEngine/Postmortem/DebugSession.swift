// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// A debugger on a run's memory dump, ready to take this process's place.
public struct DebugSession: Sendable {
    /// Which debugger.
    public enum Tool: Sendable {
        case drgn
        case gdb
    }

    /// The program.
    public let program: String
    /// Its arguments, without its name.
    public let arguments: [String]
    /// The expanded dump, open and without a name: it goes with the debugger.
    private let core: FileDescriptor
    /// Held until the debugger takes over.
    private let leases: [any Sendable]

    /// Finds everything that a debugger needs for the run in `folder`.
    ///
    /// - Parameter command: What to do instead of showing a prompt: Python for drgn, a command for gdb.
    /// - Throws: ``LabError`` that says what is missing and how to get it; `ArtifactError` when drgn cannot be had.
    public static func prepare(
        folder: FilePath, home: LabHome, store: ArtifactStore, tool: Tool, command: String?,
        progress: BuildProgress
    ) async throws -> DebugSession {
        guard let dump = MemoryDump.find(in: folder) else { throw noDump(in: folder) }
        let list: SymbolList
        do { list = try SymbolList.read(in: folder) } catch {
            throw LabError(
                .badInput,
                "The run \(folder) has a dump, but no list of its symbols (\(SymbolList.name)): \(error).")
        }
        guard let kernel = try store.vmlinux(ofKernel: list.kernel.key) else {
            throw LabError(
                .trouble,
                "The kernel of this run (\(list.kernel.release), \(list.kernel.variant)) is not in the cache "
                    + "any more.", remedy: "Build it again: \(list.kernel.rebuild)")
        }
        if tool == .gdb, HostProgram.find("gdb") == nil {
            throw LabError(.trouble, "gdb is not installed.", remedy: "Install it: apt install gdb")
        }
        let modules = list.modules.map { folder.appending($0.file) }
            .filter { FileManager.default.fileExists(atPath: $0.string) }
        let drgn = try await DrgnBuilder(store: store, progress: progress).build()
        let core = try await ExpandedDump.open(dump)
        var arguments = ["-E", "-s", "-B", home.postmortemScripts.appending("debug.py").string]
        if tool == .gdb { arguments.append("--gdb") }
        if let command { arguments.append("--command=\(command)") }
        arguments += ["--", String(core.rawValue), kernel.path.string] + modules.map(\.string)
        return DebugSession(
            program: drgn.python.string, arguments: arguments, core: core, leases: [kernel.artifact, drgn])
    }

    /// Becomes the debugger. Returns only by throwing.
    public func exec() throws -> Never {
        var pointers = ([program] + arguments).map { strdup($0) }
        pointers.append(nil)
        execv(program, pointers)
        let reason = String(cString: strerror(errno))
        throw LabError(.trouble, "\(program) cannot be started: \(reason).")
    }

    private static func noDump(in folder: FilePath) -> LabError {
        let url = URL(fileURLWithPath: folder.appending("run.json").string)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = try? Data(contentsOf: url),
            let report = try? decoder.decode(RunReport.self, from: data)
        else {
            return LabError(
                .badInput, "\(folder) is not the folder of a run: it has no run.json that can be read.",
                remedy: "Name a folder below results/, or \"latest\".")
        }
        let reason = report.dump?.missing ?? "its guest did not crash"
        return LabError(
            .badInput, "The run \(folder) has no memory dump: \(reason).",
            remedy: "pacctlab run --dump always keeps the memory of every guest.")
    }
}

/// Finds run folders by what people call them.
public enum RunFolders {
    /// `latest`, the name of a folder below `results`, or a path.
    public static func find(_ name: String, results: FilePath, working: FilePath) throws -> FilePath {
        if name == "latest" {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: results.string)) ?? []
            let runs = names.filter {
                FileManager.default.fileExists(atPath: results.appending($0).appending("run.json").string)
            }
            // Names begin with the time.
            guard let last = runs.max() else {
                throw LabError(.badInput, "There is no run below \(results).", remedy: "Name its folder.")
            }
            return results.appending(last)
        }
        for folder in [working.pushing(FilePath(name)), results.pushing(FilePath(name))]
        where FileManager.default.fileExists(atPath: folder.string) {
            return folder
        }
        throw LabError(
            .badInput, "There is no run \(name), neither here nor below \(results).",
            remedy: "Name a folder below results/, or \"latest\".")
    }
}
