// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import Hypervisor
import SystemPackage

/// Takes a guest's memory at its end, and finds out what it says.
///
/// Whatever goes wrong here costs the post-mortem, never the verdict: it is said in `postmortem.txt` and in the
/// run's notes.
struct Autopsy: Sendable {
    let home: LabHome
    let store: ArtifactStore
    let progress: BuildProgress
    let folder: RunFolder
    let materials: Materials
    let request: RunRequest

    private static let textName = "postmortem.txt"
    /// For the script: a debug kernel's debug information alone takes seconds to read.
    private static let limit = Duration.seconds(180)

    /// What became of the guest's memory.
    enum Taken: Sendable {
        case nothing
        case missing(reason: String)
        case dump(MemoryDump)
    }

    /// What there is to report.
    struct Result: Sendable {
        var postmortem: Postmortem?
        /// What run.json says about the dump; nil when nobody expects one.
        var dump: RunReport.Dump?
        /// What is missing.
        var notes: [String] = []
    }

    /// Takes the memory, if it is wanted. The guest is not needed afterwards.
    func take(_ guest: Guest, _ ending: GuestMonitor.Ending) async -> Taken {
        switch request.dump.decision(ending) {
        case .leave: return .nothing
        case .miss(let reason): return .missing(reason: reason)
        case .take: break
        }
        progress.report(.phase("dump the guest's memory"))
        do {
            return .dump(try await MemoryDump(of: guest, in: folder.path))
        } catch is CancellationError {
            return .missing(reason: "interrupted")
        } catch {
            return .missing(reason: "\(error)")
        }
    }

    /// Reads the memory, and compresses it meanwhile.
    func examine(_ taken: Taken, _ ending: GuestMonitor.Ending) async -> Result {
        switch taken {
        case .nothing: return Result()
        case .missing(let reason): return absent(reason)
        case .dump(let dump):
            progress.report(.phase("read the guest's memory"))
            var result = Result()
            do {
                try CoreNotes.complete(dump.path, release: materials.kernel.release)
                try SymbolList.write(materials, spec: request.kernel, to: folder)
            } catch {
                result.notes.append("the memory dump is not complete: \(error)")
            }
            async let packing = pack(dump)
            await read(dump, ending, &result)
            let (report, note) = await packing
            result.dump = report
            if let note { result.notes.append(note) }
            if report.file != MemoryDump.rawName {
                do { try dump.removeRaw() } catch {
                    result.notes.append("\(dump.path) was not removed: \(error)")
                }
            }
            return result
        }
    }

    private func absent(_ reason: String) -> Result {
        let note = "no memory dump: \(reason)"
        var result = Result(dump: .init(file: nil, bytes: nil, missing: reason), notes: [note])
        do { try folder.write("\(heading)\n\nThere is \(note)\n", to: Self.textName) } catch {
            result.notes.append("\(Self.textName) could not be written: \(error)")
        }
        return result
    }

    private var heading: String { "Post-mortem of the run \(folder.id), kernel \(materials.kernel.release)" }

    // MARK: - reading

    private func read(_ dump: MemoryDump, _ ending: GuestMonitor.Ending, _ result: inout Result) async {
        var parser = PostmortemParser()
        var trouble: String?
        do {
            let drgn = try await DrgnBuilder(store: store, progress: progress).build()
            let arguments = [dump.path, materials.kernel.vmlinux] + materials.allModules.map(\.path)
            try await drgn.tool(
                action: "read the memory dump", script: home.postmortemScripts.appending("postmortem.py"),
                arguments: arguments.map(\.string), limit: Self.limit
            ).run { parser.take($0) }
        } catch {
            trouble = "\(error)"
        }
        let postmortem = parser.finish()
        if let trouble { result.notes.append("the post-mortem is not complete: \(trouble.printable)") }
        if postmortem != Postmortem() { result.postmortem = postmortem }
        do { try folder.write(text(postmortem, ending, trouble), to: Self.textName) } catch {
            result.notes.append("\(Self.textName) could not be written: \(error)")
        }
    }

    private func text(_ postmortem: Postmortem, _ ending: GuestMonitor.Ending, _ trouble: String?) -> String {
        let locator = FrameLocator(materials, paths: ShownPaths(home: home))
        let kernel = materials.kernel.sourceTree.string + "/"
        var title = "\(heading)\nHow the guest ended: \(ending.words)"
        if let trouble { title += "\n\nThis is not complete: \(trouble)" }
        return PostmortemText(postmortem: postmortem, title: title) { file, line in
            if let shown = locator.shown(file: file, line: line) { return shown }
            return (file.hasPrefix(kernel) ? String(file.dropFirst(kernel.count)) : file) + ":\(line)"
        }.text
    }

    // MARK: - keeping

    private func pack(_ dump: MemoryDump) async -> (RunReport.Dump, note: String?) {
        do {
            let packed = try await dump.pack()
            return (report(packed), nil)
        } catch {
            // The file is kept as it is, which takes more room, unless nobody is there any more to want it.
            dump.removePacked()
            return (report(dump.path), "the memory dump was not compressed: \(error)")
        }
    }

    private func report(_ file: FilePath) -> RunReport.Dump {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.string)
        return .init(
            file: file.lastComponent?.string, bytes: (attributes?[.size] as? Int).map(Int64.init),
            missing: nil)
    }
}

extension GuestMonitor.Ending {
    /// For people.
    fileprivate var words: String {
        switch self {
        case .goodbye: "its agent did its whole plan"
        case .panicked: "its kernel panicked"
        case .reset: "it was reset"
        case .poweredOff: "it powered itself off"
        case .hung(let activity): "nothing was heard any more during \(activity)"
        case .outOfTime(let activity): "the limit for the run was over during \(activity)"
        case .flooded(let what): "it wrote more to \(what) than is kept"
        case .neverBooted: "its agent was never heard"
        case .channelBroken: "what came over its channel is not from our agent"
        case .machineDied: "QEMU ended"
        case .cancelled: "the run was interrupted"
        }
    }
}
