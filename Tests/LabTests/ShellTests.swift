// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import SystemPackage
import Testing

extension LabTests {
    @Suite("A shell in a guest", .serialized)
    struct Shell {
        /// Both ends of a new pseudo terminal.
        private static func terminal() throws -> (ours: FileDescriptor, theirs: FileDescriptor) {
            let ours = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
            try #require(ours >= 0)
            // TIOCSPTLCK and TIOCGPTN: what unlockpt(3) and ptsname(3) are made of, and Swift does not import.
            var (locked, number): (CInt, CInt) = (0, 0)
            try #require(ioctl(ours, 0x4004_5431, &locked) == 0 && ioctl(ours, 0x8004_5430, &number) == 0)
            let theirs = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
            try #require(theirs >= 0)
            return (FileDescriptor(rawValue: ours), FileDescriptor(rawValue: theirs))
        }

        /// What a person at the terminal does: waits for something to appear, and types.
        private actor Person {
            private let terminal: FileDescriptor
            private(set) var seen = ""

            init(_ terminal: FileDescriptor) { self.terminal = terminal }

            /// Waits for `text` to appear behind what was waited for before.
            func expect(_ text: String, within limit: Duration) async throws {
                let deadline = ContinuousClock.now + limit
                while ContinuousClock.now < deadline {
                    var bytes = [UInt8](repeating: 0, count: 4096)
                    let count = read(terminal.rawValue, &bytes, bytes.count)
                    if count > 0 { seen += String(decoding: bytes[..<count], as: UTF8.self) }
                    if let range = seen.range(of: text) {
                        seen = String(seen[range.upperBound...])
                        return
                    }
                    if count <= 0 { try await Task.sleep(for: .milliseconds(50)) }
                }
                Issue.record("\"\(text)\" did not appear: \(seen.suffix(2000))")
            }

            func type(_ text: String) throws { try terminal.writeAll(text.utf8) }
        }

        /// Runs the command on a terminal of its own, with a person at it; returns its exit status.
        private func sit(_ arguments: [String], _ work: (Person) async throws -> Void) async throws -> Bool {
            let (ours, theirs) = try Self.terminal()
            defer { try? ours.close() }
            let result = try await Subprocess.run(
                .path(LabCommand.executable), arguments: Arguments(["shell", "--accel", "tcg"] + arguments),
                environment: .inherit.updating(["PACCTLAB_HOME": LabCommand.checkout.string]),
                input: .fileDescriptor(theirs, closeAfterSpawningProcess: false),
                output: .fileDescriptor(theirs, closeAfterSpawningProcess: false),
                error: .fileDescriptor(theirs, closeAfterSpawningProcess: true)
            ) { execution in
                let pid = execution.processIdentifier.value
                let person = Person(ours)
                try await person.expect("guest:", within: .seconds(300))
                #expect(HostProcesses.machines(of: pid).count == 1)
                let machines = HostProcesses.machines(of: pid)
                try await work(person)
                let gone = try await HostProcesses.wait(atMost: .seconds(60)) {
                    !machines.contains(where: HostProcesses.isMachine)
                }
                #expect(gone, "the guest is still there")
            }
            return result.terminationStatus.isSuccess
        }

        @Test("It is a terminal with job control, in a guest with the module loaded; exit ends all")
        func exit() async throws {
            let succeeded = try await sit([]) { person in
                try await person.type("tty; cut -d' ' -f1 /proc/modules | tr '\\n' '+'\r")
                try await person.expect("/dev/hvc0\r", within: .seconds(60))
                try await person.expect("pacct_energy+", within: .seconds(60))
                try await person.expect("guest:", within: .seconds(60))
                try await person.type("sleep 1000\r")
                try await Task.sleep(for: .seconds(1))
                // The guest's terminal turns it into a signal; this process must not take it as one for itself.
                try await person.type("\u{3}")
                try await person.expect("guest:", within: .seconds(60))
                try await person.type("exit\r")
            }
            #expect(succeeded)
        }

        @Test("Ctrl-] ends the guest, whatever its shell is doing")
        func leave() async throws {
            let succeeded = try await sit(["--no-load"]) { person in
                try await person.type("trap '' INT TERM HUP; sleep 100000\r")
                try await Task.sleep(for: .seconds(1))
                try await person.type("\u{1D}")
            }
            #expect(succeeded)
        }

        @Test("A crash is said, with the end of the console")
        func crash() async throws {
            let succeeded = try await sit([]) { person in
                try await person.type("echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger\r")
                try await person.expect("The guest is gone", within: .seconds(120))
                try await person.expect("sysrq", within: .seconds(60))
            }
            #expect(!succeeded)
        }
    }
}
