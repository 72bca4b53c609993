// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// How kbuild is run for kernels and for modules: same programs, same environment, whoever asks.
struct KernelMake: Sendable {
    let action: String
    /// How long it may take: 12 hours are a kernel on a machine thirty times as slow as the development
    /// machine.
    let limit: Duration

    init(action: String, limit: Duration = .seconds(12 * 3600)) {
        self.action = action
        self.limit = limit
    }

    /// What of the caller's shell kbuild may see. All else stays out: kbuild, make, gcc and ccache take settings
    /// from some hundred variables (`KBUILD_*`, `MAKEFLAGS`, `MO`, `CPATH`, `GCC_COLORS`, `CCACHE_*`, ...), none
    /// of which is part of an artifact's key.
    static let inherited: Set<String> = ["PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LD_LIBRARY_PATH"]

    /// Refuses paths that make and kbuild cannot work with: spaces and colons separate words there, and the rest
    /// means something to make or to the shell.
    ///
    /// - Parameter remedy: How the user gets another path.
    static func check(_ path: FilePath, remedy: String) throws(ArtifactError) {
        guard
            let bad = path.string.first(where: {
                $0.isWhitespace || ":$#%\\\"'`();&|<>*?![]{}=,".contains($0)
            })
        else { return }
        throw ArtifactError(
            .invalidInput, action: "build with kbuild", subject: path.string,
            reason:
                "The path has \(bad == " " ? "a space" : "the character \(String(bad).debugDescription)") in it,"
                + " which kbuild cannot work with.",
            remedy: remedy)
    }

    /// Names a program that a kernel's build needs and this machine lacks, before kbuild stops in the middle.
    static func checkPrograms() throws(ArtifactError) {
        let packages = ["make": "build-essential", "flex": "flex", "bison": "bison", "bc": "bc"]
        for (program, package) in packages.sorted(by: { $0.key < $1.key }) where Files.program(program) == nil
        {
            throw .programMissing(program, action: "build a kernel", package: package)
        }
    }

    func command(_ arguments: [String], environment: [String: String?], directory: FilePath) -> Command {
        Command(
            action: action, program: "make", arguments: arguments,
            environment: ["LC_ALL": "C"].merging(environment) { $1 }, inherited: Self.inherited,
            directory: directory, limit: limit)
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
            let answer = try await ProgramAnswers.shared.lines("find the compiler", program, ["--version"])
            lines.append(answer.first ?? program)
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
