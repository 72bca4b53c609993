// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

struct CpioWriterTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func archive(_ writer: CpioWriter, _ name: String = "a.cpio") throws -> [UInt8] {
        try writer.write(to: folder.path.appending(name))
        return try Files.read(folder.path.appending(name))
    }

    /// One of everything.
    private func sample() throws -> CpioWriter {
        let host = try folder.write("from the host\n", to: "host file")
        try Files.link(folder.path.appending("linked"), to: host.string)
        var writer = CpioWriter()
        writer.add("/dev/console", .device(major: 5, minor: 1), mode: 0o600)
        writer.add("/dev/big", .device(major: 259, minor: 70000), mode: 0o666)
        writer.add("/tmp", .directory, mode: 0o1777)
        writer.add("/etc/motd", .bytes(Array("hi".utf8)))
        writer.add("/bin/tool", .file(folder.path.appending("linked")), mode: 0o755)
        writer.add("/sbin", .symlink("bin"))
        writer.add("/empty", .bytes([]))
        return writer
    }

    @Test func everyKindOfEntryComesBack() throws {
        let reader = try CpioReader(try archive(try sample()))
        #expect(
            reader.records.map(\.name) == [
                "bin", "bin/tool", "dev", "dev/big", "dev/console", "empty", "etc", "etc/motd", "sbin", "tmp",
            ])
        let console = try #require(reader["dev/console"])
        #expect(console.mode == 0o020600 && console.device == [5, 1] && console.content.isEmpty)
        #expect(reader["dev/big"]?.device == [259, 70000])
        #expect(reader["dev"]?.mode == 0o040755 && reader["dev"]?.links == 2)
        #expect(reader["tmp"]?.mode == 0o041777)
        #expect(reader["bin/tool"]?.mode == 0o100755 && reader["bin/tool"]?.text == "from the host\n")
        #expect(reader["etc/motd"]?.mode == 0o100644 && reader["etc/motd"]?.text == "hi")
        #expect(reader["sbin"]?.mode == 0o120777 && reader["sbin"]?.text == "bin")
        #expect(reader["empty"]?.content == [])
        for record in reader.records {
            #expect(record.owner == [0, 0] && record.time == 0 && record.check == 0)
        }
        #expect(Set(reader.records.map(\.number)).count == reader.records.count)
    }

    @Test func firstHeaderIsWhatTheFormatSays() throws {
        var writer = CpioWriter()
        writer.add("/ab", .bytes([0x58]), mode: 0o640)
        let bytes = try archive(writer)
        // magic ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
        let header =
            "070701" + "00000001" + "000081A0" + "00000000" + "00000000" + "00000001" + "00000000"
            + "00000001"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000003" + "00000000"
        // The name ends at 113, padded to 116; one byte of content is padded to four.
        #expect(
            bytes[..<120] == (Array(header.utf8) + Array("ab\0".utf8) + [0, 0, 0] + [0x58, 0, 0, 0])[...])
        #expect(bytes.count == 512)
    }

    @Test func sameEntriesSameBytes() throws {
        let one = try archive(try sample(), "one")
        var other = CpioWriter()
        let sample = try sample()
        for name in sample.paths.reversed() {
            other.add(
                FilePath("/" + name), try #require(sample.content(of: name)), mode: sample.mode(of: name))
        }
        #expect(try archive(other, "two") == one)
        #expect(one.count % 512 == 0)
    }

    @Test func archivesBehindOneAnotherStayReadable() throws {
        let one = try archive(try sample(), "one")
        var layer = CpioWriter()
        layer.add("/job/plan", .bytes(Array("plan".utf8)))
        let both = one + (try archive(layer, "two"))
        let first = try CpioReader(both)
        let second = try CpioReader(Array(both[one.count...]))
        #expect(first.records.count == 10 && second["job/plan"]?.text == "plan")
        #expect(both[first.end..<one.count].allSatisfy { $0 == 0 })
    }

    /// A large file crosses the writer's buffer several times.
    @Test func largeFilesComeBack() throws {
        let content = (0..<3_500_001).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let file = folder.path.appending("large")
        try Files.write(content, to: file)
        var writer = CpioWriter()
        writer.add("/large", .file(file))
        writer.add("/small", .bytes([1]))
        let reader = try CpioReader(try archive(writer))
        #expect(reader["large"]?.content == content && reader["small"]?.content == [1])
    }

    @Test(.enabled("cpio reads what we write", { Files.program("cpio") != nil }))
    func cpioAgrees() async throws {
        _ = try archive(try sample())
        var lines: [String] = []
        try await Command(
            action: "list an archive", program: "cpio",
            arguments: ["--quiet", "-tvn", "-F", folder.path.appending("a.cpio").string],
            environment: ["LC_ALL": "C", "TZ": "UTC"]
        ).check { line in lines.append(line.split(separator: " ").joined(separator: " ")) }
        #expect(
            lines == [
                "drwxr-xr-x 2 0 0 0 Jan 1 1970 bin", "-rwxr-xr-x 1 0 0 14 Jan 1 1970 bin/tool",
                "drwxr-xr-x 2 0 0 0 Jan 1 1970 dev", "crw-rw-rw- 1 0 0 259, 70000 Jan 1 1970 dev/big",
                "crw------- 1 0 0 5, 1 Jan 1 1970 dev/console", "-rw-r--r-- 1 0 0 0 Jan 1 1970 empty",
                "drwxr-xr-x 2 0 0 0 Jan 1 1970 etc", "-rw-r--r-- 1 0 0 2 Jan 1 1970 etc/motd",
                "lrwxrwxrwx 1 0 0 3 Jan 1 1970 sbin -> bin", "drwxrwxrwt 2 0 0 0 Jan 1 1970 tmp",
            ])
    }
}

/// Names that would be lost, or be taken for something else, in the guest.
struct CpioHostilePathTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func refusal(_ path: FilePath, _ content: CpioWriter.Content = .bytes([])) async -> ArtifactError?
    {
        await artifactError {
            var writer = CpioWriter()
            writer.add(path, content)
            try writer.write(to: folder.path.appending("a.cpio"))
        }
    }

    @Test(arguments: ["TRAILER!!!", "../../etc/passwd"])
    func namesTheKernelMisreads(_ path: String) async {
        #expect(await refusal(FilePath(path))?.code == .invalidInput)
        #expect(!Files.exists(folder.path.appending("a.cpio")))
    }

    @Test func namesTheKernelSkips() async throws {
        #expect(await refusal(FilePath(String(repeating: "x", count: 4096)))?.code == .invalidInput)
        var writer = CpioWriter()
        writer.add(FilePath(String(repeating: "x", count: 4095)), .bytes([1]))
        try writer.write(to: folder.path.appending("a.cpio"))
    }

    @Test func linksTheKernelMisreads() async {
        for target in ["", "a\0b", String(repeating: "x", count: 4096)] {
            #expect(await refusal("/link", .symlink(target))?.code == .invalidInput)
        }
    }

    @Test func nothingCanBeBelowAFile() async throws {
        let error = await artifactError {
            var writer = CpioWriter()
            writer.add("/etc/passwd/shadow", .bytes([]))
            writer.add("/etc/passwd", .bytes([]))
            try writer.write(to: folder.path.appending("a.cpio"))
        }
        #expect(error?.subject == "/etc/passwd/shadow")
    }

    @Test func dotsOfAbsolutePathsStayInside() throws {
        var writer = CpioWriter()
        writer.add("/../../etc/./x/../passwd", .bytes([7]))
        writer.add("/", .directory)
        #expect(writer.paths == ["etc", "etc/passwd"])
    }

    /// Composed and decomposed, the same letter to people and to `String`, two names to a kernel.
    @Test func namesAreBytes() throws {
        var writer = CpioWriter()
        writer.add("/caf\u{e9}", .bytes([1]))
        writer.add("/cafe\u{301}", .bytes([2]))
        writer.add("/a-b", .bytes([3]))
        writer.add("/a/b", .bytes([4]))
        try writer.write(to: folder.path.appending("a.cpio"))
        let reader = try CpioReader(try Files.read(folder.path.appending("a.cpio")))
        #expect(reader.records.filter { $0.name.hasPrefix("caf") }.map(\.content) == [[2], [1]])
        #expect(reader.records.prefix(3).map(\.name) == ["a", "a-b", "a/b"])
    }

    @Test func aFileThatIsNotThereIsNamed() async {
        let error = await refusal("/x", .file("/nonexistent/file"))
        #expect(error?.code == .notFound && error?.subject == "/nonexistent/file")
    }
}
