// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// How kbuild is run for kernels and for modules: same programs, same environment, whoever asks.
struct KernelMake: Sendable {
    let action: String
    /// Lines that stand for a step of the build, counted so far.
    private(set) var steps = 0

    init(action: String) { self.action = action }

    /// Variables of the caller's shell that would change what kbuild does.
    private static let hostile = [
        "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "KBUILD_OUTPUT", "KBUILD_EXTMOD", "O", "M", "V",
        "ARCH", "CROSS_COMPILE", "KCFLAGS", "KCPPFLAGS", "LOCALVERSION", "CFLAGS", "CPPFLAGS", "LDFLAGS",
        "KCONFIG_CONFIG", "KCONFIG_ALLCONFIG", "KDIR", "KERNELRELEASE", "CC", "LD", "LLVM", "W", "C",
    ]

    static func environment(_ extra: [String: String?] = [:]) -> [String: String?] {
        var environment: [String: String?] = [:]
        for name in hostile { environment.updateValue(nil, forKey: name) }
        environment["LC_ALL"] = "C"
        return environment.merging(extra) { $1 }
    }

    func command(_ arguments: [String], environment: [String: String?], directory: FilePath) -> Command {
        Command(
            action: action, program: "make", arguments: arguments,
            environment: Self.environment(environment), directory: directory)
    }

    /// Whether a line of make's output is a finished step, as in `  CC      init/main.o`
    /// (kbuild's short log: two spaces, a word in capitals, spaces, a path).
    static func isStep(_ line: String) -> Bool {
        guard line.hasPrefix("  "), let word = line.split(separator: " ").first else { return false }
        return word.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x5F || $0 == 0x5B || $0 == 0x5D }
    }
}

/// The programs that turn source into code; what they say about themselves is part of every key.
struct Toolchain: Sendable, Hashable {
    /// First lines of `gcc --version` and `ld --version`.
    let identity: String
    /// `ccache gcc` where ccache is installed.
    let compiler: String

    static func detect() async throws -> Toolchain {
        var lines: [String] = []
        for program in ["gcc", "ld"] {
            var first: String?
            try await Command(action: "find the compiler", program: program, arguments: ["--version"])
                .check { line in if first == nil { first = line } }
            lines.append(first ?? program)
        }
        let hasCache = Files.program("ccache") != nil
        return Toolchain(identity: lines.joined(separator: "; "), compiler: hasCache ? "ccache gcc" : "gcc")
    }

    /// ccache's settings. Its folder is ours. The working folder is not hashed, because every build has
    /// another one and kbuild compiles by paths relative to it. `CCACHE_BASEDIR` stays unset: it would turn
    /// the absolute paths of the sources into relative ones, which `__FILE__` in the kernel's warnings
    /// would then show.
    static func ccacheEnvironment(cache: FilePath) -> [String: String?] {
        [
            "CCACHE_DIR": cache.appending("ccache").string, "CCACHE_NOHASHDIR": "1", "CCACHE_MAXSIZE": "3G",
            "CCACHE_COMPILERCHECK": "content", "CCACHE_BASEDIR": nil,
        ]
    }
}
