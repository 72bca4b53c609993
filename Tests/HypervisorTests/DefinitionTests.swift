// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Hypervisor

@Suite("What libvirt is handed")
struct DefinitionTests {
    private func text(_ change: (inout GuestSpec) -> Void = { _ in }) -> String {
        var spec = GuestSpec(
            name: "g", kernel: "/k", initrd: ["/i"], commandLine: "console=ttyS0 quiet", seed: 7)
        change(&spec)
        let files = GuestFiles(
            folder: "/f", kernel: "/f/kernel", initrd: spec.initrd.isEmpty ? nil : "/f/initrd",
            console: "/f/console",
            channel: "/f/channel", memory: spec.origin == .boot ? nil : "/f/memory",
            shared: spec.sharedMemory == nil ? nil : "/f/shared",
            preload: spec.preload == nil ? nil : "/f/preload.so")
        return DomainXML(spec: spec, files: files, name: "n", uuid: "u", emulator: "/usr/bin/q").text
    }

    private func argument(_ value: String) -> String { "<qemu:arg value='\(value)'/>" }

    @Test("A translated guest has all that makes it reproducible")
    func tcg() {
        let xml = text()
        #expect(xml.contains("<domain type='qemu'"))
        for value in [
            "shift=1,sleep=off", "migration.announce-rounds=0", "virtio-pci.ioeventfd=off",
            DomainXML.guestUUID,
        ] {
            #expect(xml.contains(argument(value)))
        }
        #expect(xml.contains(argument("-seed") + "\n    " + argument("7")))
        #expect(xml.contains("<clock offset='absolute' start='1767225600'>"))
        #expect(xml.contains("<timer name='rtc' track='guest'/>"))
        #expect(!xml.contains("<pmu"))
    }

    @Test("Only a guest that is to be saved shares its memory file; one that is restored waits for its state")
    func snapshots() {
        let shared = GuestSpec.SharedMemory(size: 4096, content: nil)
        func text(_ origin: GuestSpec.Origin) -> String {
            self.text {
                $0.origin = origin
                $0.sharedMemory = shared
            }
        }
        let (saved, restored) = (text(.bootForSnapshot), text(.restore(Snapshot(folder: "/s"))))
        #expect(saved.contains("size=512M,share=on,mem-path=/f/memory"))
        #expect(saved.contains("size=4096,share=on,readonly=on,mem-path=/f/shared"))
        #expect(!saved.contains(argument("-incoming")))
        #expect(restored.contains("size=512M,share=off,mem-path=/f/memory"))
        #expect(restored.contains("size=4096,share=off,readonly=on,mem-path=/f/shared"))
        #expect(restored.contains(argument("-incoming") + "\n    " + argument("defer")))
        #expect(!text(.boot).contains("guest.ram"))
        #expect(!self.text().contains("ivshmem"))
    }

    @Test("A guest under KVM has the host's CPU, and its PMU if that is wanted", arguments: [true, false])
    func kvm(pmu: Bool) {
        let xml = text {
            $0.accelerator = .kvm
            $0.pmu = pmu
        }
        #expect(xml.contains("<domain type='kvm'"))
        #expect(xml.contains("mode='host-passthrough'"))
        #expect(xml.contains("<pmu state='\(pmu ? "on" : "off")'/>"))
        #expect(!xml.contains("-icount"))
    }

    @Test("Every CPU is a socket, and nothing of the host is shared")
    func devices() {
        let xml = text { $0.cpus = 3 }
        #expect(xml.contains("<topology sockets='3' dies='1' cores='1' threads='1'/>"))
        for absent in ["<interface", "<disk", "<filesystem", "<graphics", "<hostdev", "<video"] {
            #expect(!xml.contains(absent))
        }
        #expect(text { $0.initrd = [] }.contains("<initrd>") == false)
    }

    @Test("Nothing in a specification can add elements")
    func escaping() {
        let xml = text { $0.commandLine = "a='<b>' & \"c\"" }
        #expect(xml.contains("<cmdline>a=&apos;&lt;b&gt;&apos; &amp; &quot;c&quot;</cmdline>"))
    }

    @Test(
        "Specifications that no guest can have are refused, and say why",
        arguments: [
            (["name": "a b"], "letters"), (["name": ""], "letters"), (["cpus": "0"], "CPUs"),
            (["memory": "1"], "memory"),
            (["line": "a\nb"], "printable"), (["line": String(repeating: "x", count: 2048)], "2048"),
            (["shift": "11"], "shift"), (["cap": "0"], "caps"), (["pmu": "1"], "PMU"),
            (["epoch": "-1"], "clock"),
        ])
    func refused(change: [String: String], word: String) {
        var spec = GuestSpec(name: "g", kernel: "/k", initrd: [], commandLine: "")
        for (key, value) in change {
            switch key {
            case "name": spec.name = value
            case "cpus": spec.cpus = Int(value) ?? 0
            case "memory": spec.memoryMiB = Int(value) ?? 0
            case "line": spec.commandLine = value
            case "shift": spec.instructionShift = Int(value) ?? 0
            case "cap": spec.consoleCap = Int64(value) ?? 0
            case "pmu": spec.pmu = true
            default: spec.epoch = Int64(value) ?? 0
            }
        }
        let error = #expect(throws: HypervisorError.self) { try spec.validate() }
        #expect(error?.code == .invalidSpec)
        #expect(error?.message.contains(word) ?? false)
    }

    @Test("Archives are joined at 4 bytes, and a missing one is named")
    func initrd() async throws {
        try await Lab.shared.prepare()
        let folder = Lab.shared.folder.appending("joined")
        try FileSystem.makeFolder(folder, mode: 0o755)
        let (first, second) = (folder.appending("1"), folder.appending("2"))
        try FileSystem.write("abcde".utf8, to: first)
        try FileSystem.write("fg".utf8, to: second)
        let owner = try Owner.ofQEMU()
        try GuestFiles.concatenate([first, second], into: folder.appending("all"), owner: owner)
        #expect(SmallFile.read(folder.appending("all").string) == Array("abcde\0\0\0fg\0\0".utf8))
        // A kernel is copied as it is.
        try GuestFiles.concatenate([first], into: folder.appending("one"), owner: owner)
        #expect(SmallFile.read(folder.appending("one").string) == Array("abcde".utf8))
        let error = #expect(throws: HypervisorError.self) {
            try GuestFiles.concatenate([folder.appending("none")], into: folder.appending("x"), owner: owner)
        }
        #expect(error?.message.contains("joined/none") ?? false)
        #expect(error?.message.contains("No such file") ?? false)
    }
}
