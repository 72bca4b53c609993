// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// A script that runs QEMU without capabilities, for root on hosts whose /dev/kvm QEMU's user may not open.
///
/// libvirt (9.0) lets the QEMU that it asks for its abilities override file permissions, so that KVM
/// works there, and then finds that KVM does not work for QEMU's user: it throws the answer away
/// and asks again, a dozen times for each start. A QEMU without that capability answers what is true.
enum EmulatorWrapper {
    private static let capabilityTool: FilePath = "/usr/bin/setpriv"

    /// What libvirt should start for `emulator`: itself, unless the wrapper is needed.
    ///
    /// The wrapper's path is the same in all sessions of this user: libvirt's memory of QEMU's
    /// abilities goes by it. `base` is the folder of all sessions.
    static func emulator(_ emulator: FilePath, owner: Owner, base: FilePath) throws -> FilePath {
        guard geteuid() == 0, FileSystem.exists("/dev/kvm"), !owner.canOpenKVM,
            access(capabilityTool.string, X_OK) == 0
        else { return emulator }
        let quoted =
            "'"
            + emulator.string.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
        let script = """
            #!/bin/sh
            exec \(capabilityTool) --inh-caps=-all --ambient-caps=-all \(quoted) "$@"

            """
        // One wrapper for each QEMU; written once, since libvirt also looks at its age.
        let name = emulator.components.map(\.string).joined(separator: "-")
        let path = base.appending("run-\(name)")
        if SmallFile.read(path.string).map({ String(decoding: $0, as: UTF8.self) }) != script {
            let new = base.appending("new-\(name)-\(getpid())")
            try FileSystem.write(script.utf8, to: new)
            guard chmod(new.string, 0o755) == 0, rename(new.string, path.string) == 0 else {
                throw HypervisorError.system(errno, action: "write the script that starts QEMU", path: path)
            }
        }
        return path
    }
}
