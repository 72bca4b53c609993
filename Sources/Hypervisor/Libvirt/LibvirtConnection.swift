// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc

/// A connection to libvirt's QEMU driver.
///
/// `@unchecked Sendable`: the only stored properties are constants, and libvirt documents
/// connection and domain objects as usable from any thread at once; it counts references and
/// locks inside.
public final class LibvirtConnection: @unchecked Sendable {
    let pointer: virConnectPtr

    /// The version of the libvirt library, as in "9.0.0".
    public static var libraryVersion: String {
        var number: UInt = 0
        guard initialize(), virGetVersion(&number, nil, nil) == 0 else { return "unknown" }
        return "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }

    private static let initialized: Bool = {
        // libvirt warns about every guest (of arguments that it does not know) on standard error, and
        // prints there the errors that we throw. Whoever wants its log sets this variable: 0 keeps it.
        setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", 0)
        virSetErrorFunc(nil) { _, _ in }
        return virInitialize() == 0
    }()

    private static func initialize() -> Bool { initialized }

    /// Opens a connection. Blocks: libvirt starts its driver inside this process for an
    /// embedded URI, and talks to a daemon for any other.
    init(uri: String) throws(HypervisorError) {
        guard Self.initialize() else {
            throw LibvirtError.last(action: "start libvirt", code: .libvirtUnavailable)
        }
        LibvirtEventLoop.start()
        guard let pointer = virConnectOpen(uri) else {
            throw LibvirtError.last(
                action: "connect to libvirt at \(uri)", code: .libvirtUnavailable,
                advice: "Install QEMU's libvirt driver with `apt-get install libvirt-daemon-driver-qemu`, "
                    + "or see what `pacctlab doctor` says.")
        }
        self.pointer = pointer
    }

    /// Closes the connection. Blocks; an embedded driver ends with its last connection.
    /// Nothing may use the connection afterwards.
    func close() { virConnectClose(pointer) }

    /// The emulator's version as libvirt sees it, as in "7.2.22".
    var hypervisorVersion: String? {
        var number: UInt = 0
        guard virConnectGetVersion(pointer, &number) == 0, number > 0 else { return nil }
        return "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}

/// libvirt's errors, which it keeps per thread: to be fetched on the thread of the failed call.
enum LibvirtError {
    static func last(
        action: String, code: HypervisorError.Code? = nil, advice: String? = nil
    ) -> HypervisorError {
        let error = virGetLastError()
        let number = error.map { Int($0.pointee.code) } ?? 0
        let text = error.flatMap { $0.pointee.message.map { String(cString: $0) } } ?? "no reason given"
        return HypervisorError(
            code ?? .libvirt(number), "Could not \(action). libvirt says: \(sentence(text))", advice: advice)
    }

    /// The text with a full stop, and without line breaks in the middle of it.
    static func sentence(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " / ")
        guard let last = line.last else { return "nothing." }
        return ".!?".contains(last) ? line : line + "."
    }
}

/// libvirt's event loop, on a thread of its own, for as long as the process lives: libvirt can
/// neither end nor replace it once it is registered.
enum LibvirtEventLoop {
    private static let registered: Void = {
        virEventRegisterDefaultImpl()
        BlockingThread.detach {
            while true {
                // A failure here is a failed poll(2); going on at once would only spin.
                if virEventRunDefaultImpl() < 0 { BlockingThread.sleep(.milliseconds(20)) }
            }
        }
    }()

    static func start() { _ = registered }
}
