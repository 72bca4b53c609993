// SPDX-License-Identifier: Apache-2.0

import Subprocess
import SystemPackage

/// Finds out what KVM can do by running small guests under it. /dev/kvm being there proves nothing.
struct KVMProbe: Sendable {
    /// What decides without any trial, and what the verdict depends on.
    struct Host: Sendable, Hashable, Codable {
        var device: HostFacts.DeviceAccess
        /// Whether the user that QEMU runs as may open the device.
        var isOpenToEmulator: Bool
        var isHybrid: Bool
        /// /sys/module/kvm/parameters/enable_pmu; `nil` when it cannot be read.
        var kernelOffersPMU: Bool?
        var cpuVendor: String
        var isVirtual: Bool
    }

    /// How a trial went.
    enum Trial: Sendable, Equatable {
        case reported(UInt8)
        /// QEMU ended in another way; the text is what it printed.
        case failed(ExitStatus, String)
        case hung
        /// QEMU could not be started.
        case notRun(String)
    }

    let emulator: Emulator
    let host: Host
    /// A folder for the guests' images.
    let folder: FilePath
    /// How long each trial may take.
    let limit: Duration

    func run() async -> KVMVerdict {
        let kvm = await answerForKVM()
        guard kvm.works else {
            return KVMVerdict(
                kvm: kvm, pmu: .init(works: false, reason: "Without KVM a guest cannot have the host's PMU."))
        }
        return KVMVerdict(kvm: kvm, pmu: await answerForPMU())
    }

    private func answerForKVM() async -> KVMVerdict.Answer {
        switch host.device {
        case .missing:
            return .init(
                works: false, reason: "There is no /dev/kvm.",
                advice: host.isVirtual
                    ? "This host is a virtual machine: it needs nested virtualisation."
                    : "Turn on virtualisation in the firmware's setup, and load kvm_intel or kvm_amd; "
                        + "in a container, pass /dev/kvm in.")
        case .denied:
            return .init(
                works: false, reason: "This user may not open /dev/kvm.",
                advice: "Join its group: `sudo usermod -aG kvm $USER`, then log in again.")
        case .usable: break
        }
        let trial = await run(ProbeCode.instructions, cpu: "host")
        guard trial == .reported(ProbeCode.alive) else {
            // A second CPU model tells a CPU that cannot be passed on from a KVM that does not run at all.
            let other = await run(ProbeCode.instructions, cpu: "qemu64")
            let works = other == .reported(ProbeCode.alive)
            return .init(
                works: false,
                reason: "/dev/kvm opens, but no guest runs: with `-cpu host` \(describe(trial)); "
                    + "with `-cpu qemu64` \(works ? "one does" : describe(other)).",
                advice: host.isVirtual
                    ? "This host is a virtual machine, and its nested virtualisation does not work."
                    : "See what `dmesg` says about kvm, or try a newer QEMU or kernel.")
        }
        guard host.isOpenToEmulator else {
            return .init(
                works: false,
                reason: "A guest runs under KVM as root, but QEMU runs as the user \(Owner.qemuUserName), "
                    + "who may not open /dev/kvm.",
                advice: "Give the device to a group: `chgrp kvm /dev/kvm && chmod 660 /dev/kvm`.")
        }
        return .init(works: true, reason: "A guest ran its code under KVM with the host's CPU.")
    }

    private func answerForPMU() async -> KVMVerdict.Answer {
        if host.isHybrid {
            return .init(
                works: false,
                reason: "This CPU has P-cores and E-cores. KVM offers no virtual PMU on such CPUs "
                    + "(kvm_init_pmu_capability() in Linux's arch/x86/kvm/pmu.c).")
        }
        if host.kernelOffersPMU == false {
            return .init(
                works: false,
                reason: "The host's kernel has KVM's virtual PMU turned off (kvm.enable_pmu=N).",
                advice: "Load the kvm module with enable_pmu=1.")
        }
        let trial = await run(ProbeCode.counter(vendor: host.cpuVendor), cpu: "host,pmu=on")
        return switch trial {
        case .reported(ProbeCode.counts):
            .init(works: true, reason: "A guest under KVM counted its own instructions.")
        case .reported(ProbeCode.noCounters):
            .init(works: false, reason: "A guest under KVM is told that its CPU has no counters.")
        case .reported(ProbeCode.faulted):
            .init(works: false, reason: "A guest under KVM that uses a counter gets a fault.")
        case .reported(ProbeCode.countsNothing):
            .init(works: false, reason: "A guest under KVM can use a counter, but it counts nothing.")
        default: .init(works: false, reason: "With a PMU \(describe(trial)).")
        }
    }

    private func describe(_ trial: Trial) -> String {
        switch trial {
        case .reported(let byte): "the guest reports \(byte), which means nothing"
        case .failed(let status, let output):
            "QEMU \(status)\(output.isEmpty ? "" : " and says \"\(output)\"")"
        case .hung: "the guest has not run its first instructions after \(limit)"
        case .notRun(let reason): "QEMU could not be started (\(reason))"
        }
    }

    /// Runs one guest; QEMU is killed at the limit.
    func run(_ code: BootCode, cpu: String, accelerator: String = "kvm") async -> Trial {
        let image = folder.appending("probe-\(UInt32.random(in: 0...UInt32.max))")
        do { try FileSystem.write(code.image, to: image) } catch { return .notRun("\(error)") }
        defer { try? FileSystem.remove(image) }
        let arguments = [
            "-accel", accelerator, "-machine", "q35", "-cpu", cpu, "-m", "16", "-nodefaults",
            "-no-user-config",
            "-display", "none", "-no-reboot", "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny",
            "-device", "isa-debug-exit,iobase=0x\(String(ProbeCode.exitPort, radix: 16)),iosize=1",
            "-kernel", image.string,
        ]
        let end = OneShot<Trial>()
        let task = Task.detached { [emulator] in end.set(await Self.execute(emulator, arguments)) }
        if let trial = await end.wait(limit: limit) { return trial }
        task.cancel()
        // The image must not go before QEMU; one that SIGKILL does not end is left to the kernel.
        _ = await end.wait(limit: .seconds(5))
        return .hung
    }

    private static func execute(_ emulator: Emulator, _ arguments: [String]) async -> Trial {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .seconds(1))]
        do {
            let result = try await Subprocess.run(
                .path(emulator.path), arguments: Arguments(arguments), platformOptions: options,
                output: .discarded, error: .string(limit: 1 << 20))
            let last = result.standardError.split(whereSeparator: \.isNewline).suffix(2).joined(
                separator: " / ")
            switch result.terminationStatus {
            case .exited(let status) where status & 1 == 1 && status > 2 * Int32(ProbeCode.alive):
                return .reported(UInt8(truncatingIfNeeded: status >> 1))
            case .exited(let status): return .failed(.exited(status), String(last.prefix(400)))
            case .signaled(let number): return .failed(.signalled(number), String(last.prefix(400)))
            }
        } catch {
            return .notRun("\(error)")
        }
    }
}
