// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
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
    /// Where the kernel's sources are, which are shown as they lie in there.
    let kernelTree: FilePath

    /// Frames of one finding that are looked at: the first that can be located is the answer.
    private static let framesTried = 16
    /// Frames of a finding that its report keeps. A recursion without end prints many more.
    static let framesKept = 40
    /// Addresses that are looked up for the stacks of a run, after all locations are known.
    private static let lookups = 96

    /// The modules of a run.
    init(_ materials: Materials, paths: ShownPaths) {
        var modules: [String: Module] = [:]
        for artifact in [materials.underTest] + materials.labModules {
            for file in artifact.koFiles {
                modules[file.name] = Module(
                    object: file.path, compiledIn: artifact.compiledIn, folder: artifact.folder)
            }
        }
        self.init(modules: modules, paths: paths, kernelTree: materials.kernel.sourceTree)
    }

    init(modules: [String: Module], paths: ShownPaths, kernelTree: FilePath) {
        (self.modules, self.paths, self.kernelTree) = (modules, paths, kernelTree)
    }

    /// What is known of an instruction.
    private struct Answer {
        /// The innermost line that is the module's own.
        var line: String
        /// What is inlined there, innermost first.
        var inlined: [StackFrame.Inlined]
        /// The line of the function itself.
        var location: String
    }

    private struct Instruction: Hashable {
        let module: String?
        let symbol: String
        let offset: UInt64
        let size: UInt64?
    }

    /// What was found out meanwhile: findings of a run share most of their frames.
    private struct Desk {
        var symbols = SymbolLookup()
        var answers: [Instruction: Answer?] = [:]
    }

    /// The findings, with the first frame in a module as their location, and with decoded stacks. A finding that has a
    /// location already, or no frame in a module, keeps what it has.
    func locate(_ findings: [Finding]) async -> [Finding] {
        var desk = Desk()
        var located = findings
        for index in located.indices where located[index].location == nil {
            located[index].location = await location(of: located[index], &desk)
        }
        desk.symbols.limit(to: Self.lookups)
        for index in located.indices {
            let finding = located[index]
            var frames: [StackFrame] = []
            for frame in finding.frames.prefix(Self.framesKept) {
                frames.append(await decoded(frame, in: finding, &desk))
            }
            located[index].frames = frames
        }
        return located
    }

    private func location(of finding: Finding, _ desk: inout Desk) async -> String? {
        // What the unwinder merely found on the stack may be from an earlier call.
        let candidates = finding.frames.filter {
            $0.isReliable && ($0.module.map { modules[$0] != nil } ?? false)
        }
        for frame in candidates.prefix(Self.framesTried) {
            if let answer = await answer(frame, in: finding, &desk) { return answer.line }
        }
        return nil
    }

    /// The frame with its place in the source, and with what was inlined there.
    private func decoded(_ frame: StackFrame, in finding: Finding, _ desk: inout Desk) async -> StackFrame {
        var frame = frame
        if let raw = frame.location {
            frame.location = SourceCall(raw, function: nil).map { place($0) } ?? raw
        } else if let answer = await answer(frame, in: finding, &desk) {
            frame.location = answer.location
            frame.inlined = answer.inlined
        }
        return frame
    }

    /// What the instruction of a frame is in; nil when that is not known for sure.
    private func answer(_ frame: StackFrame, in finding: Finding, _ desk: inout Desk) async -> Answer? {
        guard let module = frame.module.flatMap({ modules[$0] }), Self.isSymbol(frame.symbol) else {
            return nil
        }
        let instruction = Instruction(
            module: frame.module, symbol: frame.symbol, offset: address(of: frame, in: finding),
            size: frame.size)
        if let known = desk.answers[instruction] { return known }
        var found: [String: Answer] = [:]
        for place in await desk.symbols.places(
            of: frame.symbol, offset: instruction.offset, size: frame.size, in: module.object)
        {
            let calls = await desk.symbols.calls(at: place, in: module.object)
            guard let own = calls.last, let line = calls.lazy.compactMap({ shown($0, module) }).first else {
                continue
            }
            let inlined = calls.dropLast().map {
                StackFrame.Inlined(function: $0.function ?? "?", location: self.place($0))
            }
            found[line] = Answer(line: line, inlined: inlined, location: self.place(own))
        }
        // Two functions of one name and size: either may be meant, and a guess is worse than silence.
        let answer = found.count == 1 ? found.values.first : nil
        desk.answers[instruction] = .some(answer)
        return answer
    }

    /// The offset of the instruction that a frame is about; of a function that was only named, its start.
    private func address(of frame: StackFrame, in finding: Finding) -> UInt64 {
        guard let offset = frame.offset, offset > 0 else { return 0 }
        // All but the instruction pointer are return addresses, which may belong to the line after the call.
        let pointer = "RIP: 0010:\(frame.symbol)+0x\(String(offset, radix: 16))/"
        return finding.evidence.contains { $0.contains(pointer) } ? offset : offset - 1
    }

    // MARK: - paths

    /// The place as the module's author would name it; nil for a line of the kernel's headers that was inlined.
    private func shown(_ call: SourceCall, _ module: Module) -> String? {
        var file = FilePath(call.file).lexicallyNormalized()
        guard file.removePrefix(module.compiledIn.lexicallyNormalized()) else { return nil }
        return "\(paths.shown(module.folder.pushing(file))):\(call.line)"
    }

    /// The place as the module's author would name it; nil for what belongs to no module of the run.
    func shown(file: String, line: Int) -> String? {
        SourceCall("\(file):\(line)", function: nil).flatMap { call in
            modules.values.lazy.compactMap { shown(call, $0) }.first
        }
    }

    /// The place, whatever it belongs to: that of the kernel as it lies in its tree.
    private func place(_ call: SourceCall) -> String {
        if let own = shown(file: call.file, line: call.line) { return own }
        var file = FilePath(call.file).lexicallyNormalized()
        _ = file.removePrefix(kernelTree.lexicallyNormalized())
        return "\(file):\(call.line)"
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
