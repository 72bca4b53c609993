// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Subprocess
import SystemPackage

/// Turns stack frames of modules into `file:line`, through the debug information of the `.ko` that was loaded.
struct FrameLocator: Sendable {
    /// A module that may appear in a stack.
    struct Module: Sendable {
        let object: FilePath
        /// Where the compiler saw the sources.
        let compiledIn: FilePath
        /// Where they are.
        let folder: FilePath
    }

    /// By the name that the kernel prints.
    let modules: [String: Module]
    let paths: ShownPaths

    /// Frames of one finding that are looked at: the first that can be located is the answer.
    private static let framesTried = 16
    private static let outputLimit = 64 << 10
    private static let listingLimit = 16 << 20

    /// The modules of a run.
    init(_ materials: Materials, paths: ShownPaths) {
        var modules: [String: Module] = [:]
        for artifact in [materials.underTest] + materials.labModules {
            for file in artifact.koFiles {
                modules[file.name] = Module(
                    object: file.path, compiledIn: artifact.compiledIn, folder: artifact.folder)
            }
        }
        self.modules = modules
        self.paths = paths
    }

    /// The findings, with the first frame in a module as their location. A finding that has one already, or no
    /// frame in a module, stays as it is.
    func locate(_ findings: [Finding]) async -> [Finding] {
        var located = findings
        for index in located.indices where located[index].location == nil {
            located[index].location = await location(of: located[index])
        }
        return located
    }

    private func location(of finding: Finding) async -> String? {
        // What the unwinder merely found on the stack may be from an earlier call.
        let candidates = finding.frames.filter {
            $0.isReliable && ($0.module.map { modules[$0] != nil } ?? false)
        }
        for frame in candidates.prefix(Self.framesTried) {
            if let location = await location(of: frame, in: finding) { return location }
        }
        return nil
    }

    private func location(of frame: StackFrame, in finding: Finding) async -> String? {
        guard let name = frame.module, let module = modules[name], Self.isSymbol(frame.symbol) else {
            return nil
        }
        let places = await symbols(of: module).places(
            of: frame.symbol, offset: address(of: frame, in: finding), size: frame.size)
        var found: Set<String> = []
        for place in places {
            let lines = await ask(module.object, place)
            guard let line = lines.lazy.compactMap({ shown($0, module) }).first else { continue }
            found.insert(line)
        }
        // Two functions of one name and size: either may be meant, and a guess is worse than silence.
        return found.count == 1 ? found.first : nil
    }

    /// The offset of the instruction that a frame is about; of a function that was only named, its start.
    private func address(of frame: StackFrame, in finding: Finding) -> UInt64 {
        guard let offset = frame.offset, offset > 0 else { return 0 }
        // All but the instruction pointer are return addresses, which may belong to the line after the call.
        let pointer = "RIP: 0010:\(frame.symbol)+0x\(String(offset, radix: 16))/"
        return finding.evidence.contains { $0.contains(pointer) } ? offset : offset - 1
    }

    private func symbols(of module: Module) async -> ModuleSymbols {
        let result = try? await Subprocess.run(
            .name("eu-readelf"), arguments: ["--section-headers", "--symbols", "\(module.object)"],
            output: .string(limit: Self.listingLimit), error: .discarded)
        return ModuleSymbols(listing: result?.standardOutput ?? "")
    }

    /// `eu-addr2line` relocates the sections of a `.ko` by itself. It answers `FILE:LINE` or `FILE:LINE:COLUMN`,
    /// innermost inlined function first, and `??:0` where it does not know.
    private func ask(_ object: FilePath, _ place: ModuleSymbols.Place) async -> [String] {
        let result = try? await Subprocess.run(
            .name("eu-addr2line"),
            arguments: [
                "--absolute", "--inlines", "--exe=\(object)", "--section=\(place.section)",
                "0x\(String(place.address, radix: 16))",
            ],
            output: .string(limit: Self.outputLimit), error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return [] }
        return result.standardOutput.split(separator: "\n").map(String.init)
    }

    /// The place as the module's author would name it; nil for a line of the kernel's headers that was inlined.
    private func shown(_ answer: String, _ module: Module) -> String? {
        // "file:line", "file:line:column", and " (inlined by) file:line" for the outer ones.
        let place = answer.split(separator: " ").last ?? ""
        let parts = place.split(separator: ":")
        guard parts.count >= 2, let line = Int(parts[1]) else { return nil }
        return shown(file: String(parts[0]), line: line, module)
    }

    private func shown(file: String, line: Int, _ module: Module) -> String? {
        var file = FilePath(file).lexicallyNormalized()
        guard line > 0, file.removePrefix(module.compiledIn.lexicallyNormalized()) else { return nil }
        return "\(paths.shown(module.folder.pushing(file))):\(line)"
    }

    /// The place as the module's author would name it; nil for what belongs to no module of the run.
    func shown(file: String, line: Int) -> String? {
        modules.values.lazy.compactMap { shown(file: file, line: line, $0) }.first
    }

    /// Names come from the guest's log.
    private static func isSymbol(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count < 256
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            } && name.utf8.first != UInt8(ascii: ".")
    }
}
