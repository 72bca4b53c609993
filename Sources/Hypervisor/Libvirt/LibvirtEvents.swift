// SPDX-License-Identifier: Apache-2.0

import CLibvirt

/// What libvirt tells about a domain.
enum LibvirtEvent: Sendable, Equatable {
    /// The domain's QEMU is gone, for libvirt too.
    case stopped
    /// The guest panicked. libvirt's own event: it comes after the monitor's.
    case crashed
    /// An event of QEMU's monitor: its name, and its data as JSON.
    case monitor(name: String, data: String)
}

/// Takes the events of every domain of a connection. Callbacks come on the event loop's thread.
///
/// The monitor's own events are taken besides libvirt's: only they tell a reset from a
/// power-off, and they come first.
final class LibvirtEvents: Sendable {
    typealias Handler = @Sendable (_ uuid: String, LibvirtEvent) -> Void

    private final class Box: Sendable {
        let handler: Handler
        init(_ handler: @escaping Handler) { self.handler = handler }
    }

    private let connection: LibvirtConnection
    private let lifecycle: CInt
    private let monitor: CInt

    /// Registers; blocks for a moment.
    init(_ connection: LibvirtConnection, handler: @escaping Handler) throws(HypervisorError) {
        let lifecycleCallback: virConnectDomainEventCallback = { _, domain, event, _, opaque in
            guard let domain, let opaque else { return 0 }
            switch virDomainEventType(UInt32(bitPattern: event)) {
            case VIR_DOMAIN_EVENT_STOPPED: LibvirtEvents.deliver(.stopped, of: domain, to: opaque)
            case VIR_DOMAIN_EVENT_CRASHED: LibvirtEvents.deliver(.crashed, of: domain, to: opaque)
            default: break
            }
            return 0
        }
        let monitorCallback: virConnectDomainQemuMonitorEventCallback = {
            _, domain, name, _, _, data, opaque in
            guard let domain, let name, let opaque else { return }
            let event = LibvirtEvent.monitor(
                name: String(cString: name), data: data.map { String(cString: $0) } ?? "")
            LibvirtEvents.deliver(event, of: domain, to: opaque)
        }
        let free: virFreeCallback = { opaque in
            if let opaque { Unmanaged<Box>.fromOpaque(opaque).release() }
        }
        let box = Box(handler)
        lifecycle = virConnectDomainEventRegisterAny(
            connection.pointer, nil, CInt(VIR_DOMAIN_EVENT_ID_LIFECYCLE.rawValue),
            unsafeBitCast(lifecycleCallback, to: virConnectDomainEventGenericCallback.self),
            Unmanaged.passRetained(box).toOpaque(), free)
        guard lifecycle >= 0 else { throw LibvirtError.last(action: "listen to libvirt's events") }
        monitor = virConnectDomainQemuMonitorEventRegister(
            connection.pointer, nil, nil, monitorCallback, Unmanaged.passRetained(box).toOpaque(), free, 0)
        guard monitor >= 0 else {
            let error = LibvirtError.last(action: "listen to the events of QEMU's monitor")
            virConnectDomainEventDeregisterAny(connection.pointer, lifecycle)
            throw error
        }
        self.connection = connection
    }

    /// Stops listening; blocks for a moment.
    func stop() {
        virConnectDomainEventDeregisterAny(connection.pointer, lifecycle)
        virConnectDomainQemuMonitorEventDeregister(connection.pointer, monitor)
    }

    private static func deliver(
        _ event: LibvirtEvent, of domain: virDomainPtr, to opaque: UnsafeMutableRawPointer
    ) {
        var text = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
        guard virDomainGetUUIDString(domain, &text) == 0 else { return }
        let uuid = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        Unmanaged<Box>.fromOpaque(opaque).takeUnretainedValue().handler(uuid, event)
    }
}
