// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import SystemPackage

/// `pacctlab debug`: a debugger on the memory of a guest that crashed.
struct DebugCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug",
        abstract: "Open the memory of a crashed guest in drgn or gdb.",
        discussion: """
            The symbols of the kernel and of the run's modules are loaded, each where the guest had it.

              pacctlab debug latest                                a drgn prompt: prog is the dead kernel
              pacctlab debug latest -c 'prog["jiffies"]'           one snippet, no prompt
              pacctlab debug latest -c 'print(prog.crashed_thread().stack_trace())'
              pacctlab debug results/20261125-... --gdb            gdb; its threads are the guest's CPUs
            """)

    @Argument(help: "The run: its folder, its id, or \"latest\".") var run: String
    @Flag(help: "gdb instead of drgn.") var gdb = false
    @Option(
        name: [.customLong("command"), .customShort("c")],
        help: ArgumentHelp(
            "Do this instead of showing a prompt: Python for drgn, a command for gdb.", valueName: "text"))
    var snippet: String?
    @Option(help: ArgumentHelp("Where run folders are.", valueName: "dir")) var results = "results"

    func run() async throws {
        let view = ProgressView()
        let working = FilePath(FileManager.default.currentDirectoryPath)
        let folder = try RunFolders.find(run, results: working.pushing(FilePath(results)), working: working)
        let home = try LabHome.find()
        let store = try ArtifactStore(paths: LabPaths())
        let (tool, snippet): (DebugSession.Tool, String?) = (gdb ? .gdb : .drgn, snippet)
        // The terminal's signals belong to the debugger from here on: guarding ends with its work.
        let session = try await Interruption.guarding {
            try await DebugSession.prepare(
                folder: folder, home: home, store: store, tool: tool, command: snippet,
                progress: view.progress)
        }
        view.finish()
        try session.exec()
    }
}
