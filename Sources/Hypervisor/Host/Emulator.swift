// SPDX-License-Identifier: Apache-2.0

import Glibc
import Subprocess
import SystemPackage

/// QEMU's executable.
public struct Emulator: Sendable, Hashable {
    /// The name it is looked for under.
    public static let programName = "qemu-system-x86_64"

    /// Where it is.
    public let path: FilePath

    /// Finds QEMU: at `path`, or in PATH when that is `nil`.
    ///
    /// - Throws: ``HypervisorError/Code/emulatorMissing``.
    public static func find(_ path: FilePath?) throws -> Emulator {
        let advice = "Install it with `apt-get install qemu-system-x86`."
        if let path {
            // libvirt takes absolute paths only.
            guard path.isAbsolute, access(path.string, X_OK) == 0 else {
                throw HypervisorError(
                    .emulatorMissing,
                    "Could not use QEMU at \(path). It must be the absolute path of an executable file.",
                    advice: advice)
            }
            return Emulator(path: path)
        }
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        for folder in folders.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = FilePath(String(folder)).appending(programName)
            if access(candidate.string, X_OK) == 0 { return Emulator(path: candidate) }
        }
        throw HypervisorError(
            .emulatorMissing, "Could not find \(programName) in PATH (\(folders)).", advice: advice)
    }

    /// QEMU's version, as in "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)".
    ///
    /// - Throws: ``HypervisorError`` when it cannot be run or says something else.
    public func version() async throws -> String {
        let prefix = "QEMU emulator version "
        do {
            let result = try await Subprocess.run(
                .path(path), arguments: ["--version"], output: .string(limit: 1 << 16), error: .discarded)
            if let line = result.standardOutput.split(whereSeparator: \.isNewline).first,
                line.hasPrefix(prefix)
            {
                return String(line.dropFirst(prefix.count))
            }
        } catch {
            throw HypervisorError(.emulatorMissing, "Could not ask \(path) for its version. \(error)")
        }
        throw HypervisorError(
            .emulatorMissing, "Could not ask \(path) for its version. It does not answer like QEMU.")
    }
}
