// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

extension Guardian {
    /// Watches over a session until it ends; this is the guardian's whole life.
    ///
    /// Standard input is the pipe: a `q` means that the session has cleaned up after itself, its end
    /// that the session was killed. Ignores signals that people and terminals send to whole groups.
    ///
    /// - Parameter folder: the session's folder. Anything else is refused, with exit status 2.
    public static func runAsWatcher(folder: FilePath) -> Never {
        guard SessionFolder.isSession(folder) else { exit(2) }
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { signal(number, SIG_IGN) }
        guard chdir("/") == 0, (try? FileDescriptor.standardOutput.writeAll(readyMessage)) != nil else {
            exit(1)
        }
        // The session waits for this end to close if something goes wrong, and for nothing more.
        try? FileDescriptor.standardOutput.close()

        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(0, &byte, 1)
            if count == 1 && byte == releaseByte { exit(0) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
        }
        exit(cleanUp(folder) ? 0 : 1)
    }

    /// Kills until no QEMU of the session is found any more, then removes the folder.
    ///
    /// More than one look is needed: a QEMU may have been about to start when the session died.
    private static func cleanUp(_ folder: FilePath) -> Bool {
        var quiet = 0
        for _ in 0..<50 {
            quiet = ProcessHunt.killEmulators(naming: folder) == 0 ? quiet + 1 : 0
            if quiet >= 3 { break }
            BlockingThread.sleep(.milliseconds(100))
        }
        for _ in 0..<10 {
            // Something that was being killed may just have made a file.
            if (try? FileSystem.remove(folder)) != nil { return true }
            BlockingThread.sleep(.milliseconds(100))
        }
        return false
    }
}
