// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("The lab's own trouble is never a pass and never a failure", .serialized)
    struct Trouble {
        @Test("QEMU is killed from outside")
        func killed() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.shell("sleep 1000", limit: "30m"), to: "x.yaml")
            let arguments = Self.arguments(scenario, folder)
            let (status, found) = try await LabCommand.start(arguments) { pid in
                try await Self.waitForBoot(folder)
                let machines = HostProcesses.machines(of: pid)
                for pid in machines { kill(pid, SIGKILL) }
                return machines.count
            }
            #expect(found == 1)
            #expect(status == 3)
            let run = try folder.savedRun()
            #expect(run.verdict == .inconclusive)
            #expect(run.reason?.contains("QEMU") == true, "\(run.reason ?? "")")
        }

        @Test("libvirt refuses")
        func refused() async throws {
            let folder = try TemporaryFolder()
            let result = try await LabCommand.runJSON(
                ["--connect", "qemu+unix:///system?socket=/nowhere"], in: folder.path.appending("results"))
            #expect(result.status == 3)
            #expect(try result.run().verdict == .inconclusive)
            #expect(try result.run().reason?.isEmpty == false)
        }

        @Test("A kernel tree of another version")
        func wrongVersion() async throws {
            let folder = try TemporaryFolder()
            try folder.write(
                "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION =\n", to: "linux/Makefile")
            try folder.write("", to: "linux/Kconfig")
            let result = try await LabCommand.runJSON(
                ["--kernel-tree", folder.path.appending("linux").string], in: folder.path.appending("results")
            )
            #expect(result.status == 3, "\(result.errors)")
            #expect(try result.run().reason?.contains("6.12") == true)
        }

        // A small file system of its own needs root.
        @Test("The disk is full", .enabled(if: getuid() == 0, "mounting a small file system needs root"))
        func diskFull() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                ScenarioText.shell("head -c 800000 /dev/zero | tr '\\\\0' x"), to: "x.yaml")
            let small = folder.path.appending("small")
            try FileManager.default.createDirectory(atPath: small.string, withIntermediateDirectories: true)
            try #require(mount("tmpfs", small.string, "tmpfs", 0, "size=300k") == 0)
            defer { umount(small.string) }
            let result = try await LabCommand.runJSON([scenario.string], in: small)
            #expect(result.status == 3, "\(result.errors)")
            let run = try result.run()
            #expect(run.verdict == .inconclusive)
            #expect(run.reason?.lowercased().contains("space") == true, "\(run.reason ?? "")")
        }

        @Test(
            "Ctrl-C, SIGTERM, SIGKILL: no QEMU is left, and the run says what it is",
            arguments: [SIGINT, SIGTERM, SIGKILL])
        func signals(signal: Int32) async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.shell("sleep 1000", limit: "30m"), to: "x.yaml")
            let (status, machines) = try await LabCommand.start(Self.arguments(scenario, folder)) { pid in
                try await Self.waitForBoot(folder)
                let machines = HostProcesses.machines(of: pid)
                kill(pid, signal)
                return machines
            }
            #expect(status == (signal == SIGKILL ? 128 + SIGKILL : 3))
            #expect(machines.count == 1)
            let gone = try await HostProcesses.wait(atMost: .seconds(30)) {
                !machines.contains(where: HostProcesses.isMachine)
            }
            #expect(gone)
            #expect(try folder.savedRun().verdict == .inconclusive)
        }

        // MARK: - helpers

        private static func arguments(_ scenario: FilePath, _ folder: TemporaryFolder) -> [String] {
            ["run", scenario.string, "--accel", "tcg", "--results", folder.path.appending("results").string]
        }

        /// Waits until the guest of the folder's only run has said something.
        private static func waitForBoot(_ folder: TemporaryFolder) async throws {
            let booted = try await HostProcesses.wait(atMost: .seconds(300)) {
                guard let run = try? folder.runFolders().first else { return false }
                let console = FileManager.default.contents(atPath: run.appending("console.log").string)
                return console?.isEmpty == false
            }
            try #require(booted)
        }
    }

    @Suite("Wrong usage ends with status 2")
    struct Usage {
        @Test("A scenario file with a typo: file, line, column, and what was expected")
        func typo() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                "name: a\ndescription: b\nsteps:\n  - laod: module\n", to: "typo.yaml")
            let result = try await LabCommand.run(["run", scenario.string])
            #expect(result.status == 2)
            #expect(result.errors.contains("\(scenario):4:5: "))
            #expect(result.errors.contains("load"))
            #expect(result.output.isEmpty)
        }

        @Test(
            "Arguments that make no sense",
            arguments: [
                ["run", "--cpus", "0"], ["run", "no-such-scenario"], ["run", "--variant", "nonsense"],
                ["run", "--timeout", "5"], ["run", "--no-such-option"], ["run", "--module", "/nowhere"],
                ["nonsense"], ["run", "--kernel-tarball", "x"], ["cache", "prune"],
                ["classify", "/nowhere/at/all"],
            ])
        func arguments(arguments: [String]) async throws {
            let folder = try TemporaryFolder()
            let place =
                arguments.first == "run" ? ["--results", folder.path.appending("results").string] : []
            let result = try await LabCommand.run(arguments + place)
            #expect(result.status == 2, "\(result.output)\(result.errors)")
            #expect(!result.errors.isEmpty)
        }

        @Test(
            "Help teaches and is no error", arguments: [["--help"], ["run", "--help"], ["build", "--help"]])
        func help(arguments: [String]) async throws {
            let result = try await LabCommand.run(arguments)
            #expect(result.status == 0)
            #expect(result.output.contains("USAGE"))
        }
    }
}
