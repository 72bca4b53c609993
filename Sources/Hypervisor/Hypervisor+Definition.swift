// SPDX-License-Identifier: Apache-2.0

extension Hypervisor {
    /// Everything about such a guest's machine that decides what happens in it, as text: equal texts, equal machines.
    /// The contents of files are not in it.
    ///
    /// - Throws: ``HypervisorError`` when QEMU does not say what version it is.
    public func definition(of spec: GuestSpec) async throws -> String {
        let files = GuestFiles(
            folder: "/g", kernel: "/g/kernel", initrd: spec.initrd.isEmpty ? nil : "/g/initrd",
            console: "/g/console", channel: "/g/channel", memory: spec.origin == .boot ? nil : "/g/memory",
            shared: spec.sharedMemory == nil ? nil : "/g/shared",
            preload: spec.preload == nil ? nil : "/g/preload.so")
        let xml = DomainXML(spec: spec, files: files, name: "g", uuid: "", emulator: emulator.path).text
        return "\(try await versionOfEmulator())\nlibvirt \(LibvirtConnection.libraryVersion)\n\(xml)"
    }
}
