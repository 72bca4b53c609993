// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A program of the host and everything it needs to run elsewhere.
public struct ProgramClosure: Sendable, Hashable {
    /// A file and where it must be in the guest.
    public struct File: Sendable, Hashable {
        /// On the host; may be a symbolic link.
        public let source: FilePath
        /// In the guest: for a library the path the dynamic loader looks for, which ends in its SONAME.
        public let path: FilePath
    }

    /// The program itself, links resolved.
    public let program: FilePath
    /// The dynamic loader and the libraries, sorted by path; empty for a static program.
    public let libraries: [File]

    /// Asks the program's own dynamic loader what it would load.
    ///
    /// - Throws: ``ArtifactError`` with `notFound` when a library is missing on the host.
    public init(of program: FilePath) async throws {
        let resolved = Files.realPath(program) ?? program
        self.program = resolved
        guard let loader = try ElfFile(path: resolved).interpreter() else {
            libraries = []
            return
        }
        var files: [File] = []
        var missing: [String] = []
        try await Command(
            action: "find the libraries of a program", program: "env",
            arguments: Self.listing + [loader.string, resolved.string]
        ).check { line in
            switch Self.parse(line) {
            case .library(let path): files.append(Self.placed(path, loader: loader))
            case .missing(let name): missing.append(name)
            case nil: break
            }
        }
        guard missing.isEmpty else {
            throw ArtifactError(
                .notFound, action: "find the libraries of a program", subject: resolved.string,
                reason: "The host does not have \(missing.joined(separator: ", ")).",
                remedy: "Reinstall the program's package.")
        }
        files.append(File(source: loader, path: loader))
        libraries = Set(files).sorted { $0.path.string < $1.path.string }
    }

    /// Has the loader list (see ld.so(8)) instead of run; unlike its option `--list` it goes on behind a library
    /// that is missing. What the caller's shell tells the loader must not get into the guest. Set by env(1),
    /// since it must not reach the shell that runs the command.
    private static let listing = [
        "--unset=LD_PRELOAD", "--unset=LD_LIBRARY_PATH", "--unset=LD_AUDIT", "LD_TRACE_LOADED_OBJECTS=1",
    ]

    enum Line: Equatable {
        case library(FilePath)
        case missing(String)
    }

    /// Reads a line of the loader's list: `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)`. The
    /// loader itself and linux-vdso.so.1, which is no file, have no arrow.
    static func parse(_ line: String) -> Line? {
        guard let arrow = line.firstRange(of: " => ") else { return nil }
        let target = line[arrow.upperBound...]
        if target.hasPrefix("not found") { return .missing(line[..<arrow.lowerBound].trimmingSpaces) }
        guard target.hasPrefix("/"), let end = target.firstRange(of: " (0x") else { return nil }
        return .library(FilePath(String(target[..<end.lowerBound])))
    }

    /// Folders that glibc searches without being told (Debian's multiarch ones among them).
    private static let searched: Set<String> = [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
    ]

    /// The guest has no ld.so.cache and the host's /etc/alternatives is not there: what lies in other
    /// folders goes to one that is searched, under its SONAME.
    private static func placed(_ path: FilePath, loader: FilePath) -> File {
        let folder = path.removingLastComponent().string
        guard !searched.contains(folder), let name = path.lastComponent else {
            return File(source: path, path: path)
        }
        return File(source: path, path: FilePath("/usr/lib/x86_64-linux-gnu").appending(name))
    }
}
