// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// The only places on the host that pacctlab writes to (besides `--results`).
public struct LabPaths: Sendable, Hashable {
    /// Artifacts: safe to delete at any time when no pacctlab runs.
    public let cache: FilePath
    /// The run store and what must survive the cache.
    public let state: FilePath

    /// The run store: one for all campaigns.
    public var store: FilePath { state.appending("runs.sqlite") }

    /// Takes both folders as given; they need not exist.
    public init(cache: FilePath, state: FilePath) {
        self.cache = cache
        self.state = state
    }

    /// The user's own: `$XDG_CACHE_HOME/pacctlab` and `$XDG_STATE_HOME/pacctlab`, by default
    /// `~/.cache/pacctlab` and `~/.local/state/pacctlab` (XDG Base Directory Specification 0.8;
    /// a value that is not absolute is ignored, as it demands).
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = FilePath(environment["HOME"] ?? "/tmp")
        func folder(_ name: String, _ fallback: String) -> FilePath {
            if let value = environment[name], value.hasPrefix("/") { return FilePath(value) }
            return home.appending(fallback)
        }
        cache = folder("XDG_CACHE_HOME", ".cache").appending("pacctlab")
        state = folder("XDG_STATE_HOME", ".local/state").appending("pacctlab")
    }
}

/// The pacctlab checkout: where the sources of what goes into a guest are.
public struct LabHome: Sendable, Hashable {
    /// The folder that holds Package.swift, images/, kmod/ and scenarios/.
    public let root: FilePath

    /// Takes the folder as given, without a look.
    public init(root: FilePath) { self.root = root }

    /// images/kernel: source.yaml, config/, patches/.
    public var kernelImages: FilePath { root.appending("images/kernel") }
    /// images/guest: manifest.yaml.
    public var guestImages: FilePath { root.appending("images/guest") }
    /// images/gdb: what follows a running guest, in gdb's Python.
    public var debuggerScripts: FilePath { root.appending("images/gdb") }
    /// images/postmortem: what reads memory dumps, in drgn's Python.
    public var postmortemScripts: FilePath { root.appending("images/postmortem") }

    /// Finds the checkout: `PACCTLAB_HOME`, else upwards from the executable, else upwards from the
    /// working folder.
    ///
    /// - Throws: ``ArtifactError`` with ``ArtifactError/Code/notFound`` when none of these is a checkout.
    public static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> LabHome {
        if let named = environment["PACCTLAB_HOME"], !named.isEmpty {
            let root = FilePath(named)
            guard isCheckout(root) else {
                throw ArtifactError(
                    .notFound, action: "find the pacctlab checkout", subject: named,
                    reason:
                        "PACCTLAB_HOME names a folder without Package.swift and images/kernel/source.yaml.",
                    remedy: "Point PACCTLAB_HOME to a checkout of pacctlab, or unset it.")
            }
            return LabHome(root: root)
        }
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .map { FilePath($0).removingLastComponent() }
        let working = FilePath(FileManager.default.currentDirectoryPath)
        for start in [executable, working] {
            guard var folder = start else { continue }
            repeat {
                if isCheckout(folder) { return LabHome(root: folder) }
            } while folder.removeLastComponent()
        }
        throw ArtifactError(
            .notFound, action: "find the pacctlab checkout", subject: working.string,
            reason: "Neither the folder of the executable nor the working folder is inside one.",
            remedy: "Run pacctlab from its checkout, or set PACCTLAB_HOME to it.")
    }

    private static func isCheckout(_ folder: FilePath) -> Bool {
        Files.exists(folder.appending("Package.swift"))
            && Files.exists(folder.appending("images/kernel/source.yaml"))
    }
}
