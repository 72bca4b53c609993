// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import SystemPackage

/// A running domain. Every method blocks: call it on a ``BlockingThread``.
///
/// `@unchecked Sendable`: one constant, and libvirt's domain objects may be used from any thread.
final class LibvirtDomain: @unchecked Sendable {
    private let pointer: virDomainPtr
    private let name: String

    /// Starts QEMU with the guest's CPUs stopped.
    init(starting xml: String, name: String, on connection: LibvirtConnection) throws(HypervisorError) {
        guard
            let pointer = virDomainCreateXML(
                connection.pointer, xml, UInt32(VIR_DOMAIN_START_PAUSED.rawValue))
        else { throw LibvirtError.last(action: "start the guest \(name)") }
        self.pointer = pointer
        self.name = name
    }

    deinit { virDomainFree(pointer) }

    /// The definition as it runs, with everything that libvirt added.
    func definition() throws(HypervisorError) -> String {
        guard let text = virDomainGetXMLDesc(pointer, 0) else {
            throw LibvirtError.last(action: "read the definition of the guest \(name)")
        }
        defer { free(text) }
        return String(cString: text)
    }

    func resume() throws(HypervisorError) {
        try check(virDomainResume(pointer), "let the guest \(name) run")
    }

    func suspend() throws(HypervisorError) {
        try check(virDomainSuspend(pointer), "pause the guest \(name)")
    }

    func injectNMI() throws(HypervisorError) {
        try check(virDomainInjectNMI(pointer, 0), "send an NMI to the guest \(name)")
    }

    /// Ends QEMU: SIGTERM, and SIGKILL if that does not do.
    func destroy() throws(HypervisorError) {
        try check(virDomainDestroy(pointer), "end the guest \(name)")
    }

    /// Writes the guest's memory to a file: an ELF core without compression.
    func dumpMemory(to path: FilePath) throws(HypervisorError) {
        let format = UInt32(VIR_DOMAIN_CORE_DUMP_FORMAT_RAW.rawValue)
        let flags = UInt32(VIR_DUMP_MEMORY_ONLY.rawValue)
        try check(
            virDomainCoreDumpWithFormat(pointer, path.string, format, flags),
            "dump the memory of the guest \(name) to \(path)")
    }

    /// Has QEMU's monitor do something that libvirt has no call for
    /// (https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html).
    ///
    /// - Parameters:
    ///   - command: the command as JSON.
    ///   - file: handed to QEMU along with it.
    /// - Returns: QEMU's answer as JSON, which may be an error.
    func monitor(_ command: String, passing file: FileDescriptor? = nil) throws(HypervisorError) -> String {
        var answer: UnsafeMutablePointer<CChar>?
        var descriptor = file?.rawValue ?? -1
        let result = virDomainQemuMonitorCommandWithFiles(
            pointer, command, file == nil ? 0 : 1, &descriptor, nil, nil, &answer, 0)
        guard result == 0, let answer else {
            throw LibvirtError.last(action: "speak to the monitor of the guest \(name)")
        }
        defer { free(answer) }
        return String(cString: answer)
    }

    private func check(_ result: CInt, _ action: String) throws(HypervisorError) {
        if result != 0 { throw LibvirtError.last(action: action) }
    }
}
