// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A guest's definition for libvirt (https://libvirt.org/formatdomain.html).
struct DomainXML {
    let spec: GuestSpec
    let files: GuestFiles
    /// libvirt's name and identity of the domain: different for each guest on the connection.
    let name: String
    let uuid: String
    let emulator: FilePath

    /// What the guest sees as its identity: always the same, for Linux stirs the SMBIOS tables
    /// into its random numbers.
    static let guestUUID = "70616363-7400-4c61-8000-6775657374ff"

    /// Places on the PCI root bus: all devices are on it, so there is no bridge to scan.
    private enum Slot: Int {
        case serial = 4
        case watchdog = 5
        case panic = 6
        case shared = 7
    }

    var text: String {
        """
        <domain type='\(spec.accelerator == .kvm ? "kvm" : "qemu")' \
        xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>\(escape(name))</name>
          <uuid>\(uuid)</uuid>
          <memory unit='MiB'>\(spec.memoryMiB)</memory>
          <currentMemory unit='MiB'>\(spec.memoryMiB)</currentMemory>
          <vcpu placement='static'>\(spec.cpus)</vcpu>
          <os>
            <type arch='x86_64' machine='q35'>hvm</type>
            <kernel>\(escape(files.kernel.string))</kernel>
        \(files.initrd.map { "    <initrd>\(escape($0.string))</initrd>\n" } ?? "")\
            <cmdline>\(escape(spec.commandLine))</cmdline>
          </os>
          <features><acpi/>\(pmu)<vmcoreinfo state='on'/></features>
          \(cpu)
          <clock offset='absolute' start='\(spec.epoch)'>
            <timer name='rtc' track='guest'/>
            <timer name='hpet' present='no'/>
          </clock>
          <on_poweroff>destroy</on_poweroff>
          <on_reboot>destroy</on_reboot>
          <on_crash>preserve</on_crash>
          <devices>
            <emulator>\(escape(emulator.string))</emulator>
            <controller type='usb' model='none'/>
            <controller type='virtio-serial' index='0' ports='\(spec.hasTerminal ? 3 : 2)'>\(address(.serial))</controller>
            <serial type='file'>
              <source path='\(escape(files.console.string))' append='off'/>
              <target type='isa-serial' port='0'/>
            </serial>
        \(terminal)\
            <watchdog model='i6300esb' action='pause'>\(address(.watchdog))</watchdog>
            <memballoon model='none'/>
          </devices>
          <qemu:commandline>
        \(arguments.map { "    <qemu:arg value='\(escape($0))'/>" }.joined(separator: "\n"))
        \(environment)\
          </qemu:commandline>
        </domain>

        """
    }

    /// A console of the guest, beside the serial one: its driver makes a terminal of it.
    private var terminal: String {
        guard spec.hasTerminal else { return "" }
        return """
                <console type='unix'>
                  <source mode='bind' path='\(escape(files.terminal.string))'/>
                  <target type='virtio' port='1'/>
                  <address type='virtio-serial' controller='0' bus='0' port='2'/>
                </console>

            """
    }

    private var environment: String {
        guard let preload = files.preload else { return "" }
        let debugger = spec.hasDebugger ? "    <qemu:env name='PACCTLAB_DEBUGGER' value='1'/>\n" : ""
        return "    <qemu:env name='LD_PRELOAD' value='\(escape(preload.string))'/>\n\(debugger)"
    }

    /// The name of the agent's port in the guest, under /dev/virtio-ports.
    static let channelName = "org.pacctlab.agent"

    /// What libvirt has no element for.
    private var arguments: [String] {
        // Without ACPI a guest finds the panic device on PCI only, and libvirt offers the ISA one.
        var result = [
            "-device", "pvpanic-pci,bus=pcie.0,addr=0x\(String(Slot.panic.rawValue, radix: 16))",
            "-uuid", Self.guestUUID, "-seed", "\(spec.seed)",
        ]
        if spec.accelerator == .tcg {
            // Whatever wakes QEMU's main loop while several CPUs are busy shifts their time slices:
            // a restored guest's announcements of network cards, and the event descriptors that
            // virtio devices are kicked with.
            result += [
                "-icount", "shift=\(spec.instructionShift),sleep=\(spec.hasTerminal ? "on" : "off")",
                "-global", "migration.announce-rounds=0",
                "-global", "virtio-pci.ioeventfd=off",
            ]
        }
        return result + agentPort + memory + shared + debugger
    }

    /// The agent's port. libvirt would give it an id, and QEMU tells of a port with an id that the guest has opened it:
    /// an event that starts a timer on the host's clock, and every such timer ends the time slices of CPUs that count
    /// instructions. It is in JSON like libvirt's controller: QEMU makes such devices after all others.
    private var agentPort: [String] {
        [
            "-chardev", "file,id=agent,path=\(files.channel),append=on",
            "-device",
            #"{"driver":"virtserialport","bus":"virtio-serial0.0","nr":1,"chardev":"agent","name":"\#(Self.channelName)"}"#,
        ]
    }

    /// QEMU's stub for gdb. It does nothing before somebody connects.
    private var debugger: [String] {
        spec.hasDebugger ? ["-gdb", "unix:\(files.debugger)/socket,server=on,wait=off"] : []
    }

    /// Memory that is a file, in place of libvirt's, which stays unused. libvirt would choose the file's place.
    private var memory: [String] {
        guard let file = files.memory else { return [] }
        let isShared = spec.origin == .bootForSnapshot
        var result = [
            "-object",
            "memory-backend-file,id=guest.ram,size=\(spec.memoryMiB)M,share=\(isShared ? "on" : "off"),mem-path=\(file)",
            "-machine", "memory-backend=guest.ram",
        ]
        if !isShared { result += ["-incoming", "defer"] }
        return result
    }

    private var shared: [String] {
        guard let file = files.shared, let size = spec.sharedMemory?.size else { return [] }
        // Shared in QEMU's sense only where it is to be left out of the snapshot. While a guest is restored, QEMU wants
        // such memory at its place at once, where a region of a PCI device is not yet. A private mapping that nobody
        // writes to shows what we write to the file just as well.
        let isShared = spec.origin == .bootForSnapshot
        return [
            "-object",
            "memory-backend-file,id=shared,size=\(size),share=\(isShared ? "on" : "off"),readonly=on,mem-path=\(file)",
            // The "master" is the one that snapshots can be made of.
            "-device",
            "ivshmem-plain,memdev=shared,master=on,bus=pcie.0,addr=0x\(String(Slot.shared.rawValue, radix: 16))",
        ]
    }

    /// One socket a CPU: without ACPI Linux counts CPUs in the MP table, which lists sockets only.
    private var cpu: String {
        let topology = "<topology sockets='\(spec.cpus)' dies='1' cores='1' threads='1'/>"
        return switch spec.accelerator {
        case .kvm: "<cpu mode='host-passthrough' check='none' migratable='off'>\(topology)</cpu>"
        case .tcg:
            // Without RDRAND the kernel gathers its first random numbers from the jitter of a clock that has none
            // when it counts instructions: seconds. With it they come from the seed.
            "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model>\(topology)"
                + "<feature policy='require' name='rdrand'/></cpu>"
        }
    }

    private var pmu: String {
        spec.accelerator == .kvm ? "<pmu state='\(spec.pmu ? "on" : "off")'/>" : ""
    }

    private func address(_ slot: Slot) -> String {
        "<address type='pci' domain='0' bus='0' slot='\(slot.rawValue)' function='0'/>"
    }

    /// The text within an element or an attribute in either kind of quotes.
    private func escape(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&apos;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
