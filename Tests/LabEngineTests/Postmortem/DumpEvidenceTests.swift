// SPDX-License-Identifier: Apache-2.0

import Evidence
import Testing

@testable import LabEngine

@Suite("What a memory dump adds to the evidence")
struct DumpEvidenceTests {
    private static func frame(_ name: String, module: String? = nil, exact: Bool = false) -> Postmortem.Frame
    {
        Postmortem.Frame(symbol: name, offset: 5, size: 16, module: module, function: name, exact: exact)
    }

    private static func task(
        cpu: Int?, crashed: Bool = false, idle: Bool = false, _ frames: [Postmortem.Frame]
    ) -> Postmortem.Task {
        Postmortem.Task(cpu: cpu, crashed: crashed, idle: idle, pid: 1, comm: "x", state: "R", frames: frames)
    }

    private static let spinning = task(
        cpu: 1, [frame("spin_irq_off", module: "canary", exact: true), frame("do_one_initcall")])

    @Test("A hang without a stack gets that of the CPU that is in a module")
    func hang() throws {
        var postmortem = Postmortem()
        postmortem.cpus = [
            Self.task(cpu: 0, crashed: true, [Self.frame("panic"), Self.frame("nmi_handle")]), Self.spinning,
        ]
        let silent = Finding(crashClass: .silentHang, title: "the guest hung", signature: "silent_hang")
        let finding = try #require(DumpStack.complete([silent], from: postmortem).first)
        #expect(finding.function == "spin_irq_off")
        #expect(finding.title == "the guest hung in spin_irq_off")
        #expect(finding.signature == "silent_hang|spin_irq_off")
        #expect(finding.frames.map(\.function) == ["spin_irq_off", "do_one_initcall"])
        #expect(finding.evidence.contains("RIP: 0010:spin_irq_off+0x5/0x10 [canary]"), "\(finding.evidence)")
    }

    @Test("A finding with a stack, or one that no CPU explains, stays as it is")
    func untouched() {
        var postmortem = Postmortem()
        postmortem.cpus = [Self.spinning]
        let located = Finding(crashClass: .panic, title: "a", frames: [StackFrame(function: "f")])
        let wrong = Finding(crashClass: .energyWrong, title: "b", signature: "b")
        #expect(DumpStack.complete([located, wrong], from: postmortem) == [located, wrong])
    }

    @Test(
        "Who is looked at: a module's CPU, a panicked one, a busy one, a task blocked in a module; never idle ones"
    )
    func culprit() {
        func culprit(_ cpus: [Postmortem.Task], _ tasks: [Postmortem.Task] = []) -> String? {
            var postmortem = Postmortem()
            (postmortem.cpus, postmortem.tasks) = (cpus, tasks)
            return DumpStack.culprit(in: postmortem)?.frames?.first?.function
        }
        let idle = Self.task(cpu: 0, idle: true, [Self.frame("halt")])
        let busy = Self.task(cpu: 1, [Self.frame("busy")])
        let panicked = Self.task(cpu: 2, crashed: true, [Self.frame("panic")])
        let blocked = Self.task(cpu: nil, [Self.frame("stuck", module: "mine")])
        #expect(culprit([idle]) == nil)
        #expect(culprit([idle, busy]) == "busy")
        #expect(culprit([busy, panicked]) == "panic")
        #expect(culprit([panicked, Self.spinning]) == "spin_irq_off")
        #expect(culprit([idle, busy], [blocked]) == "stuck")
        #expect(culprit([Self.task(cpu: 3, crashed: true, [])]) == nil)
    }

    // MARK: - records

    /// A record of version 3, of a machine with one type of core.
    private static func record(_ seq: UInt64) -> [UInt8] {
        func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
        }
        return bytes(3, 2) + bytes(272, 2) + bytes(0, 4) + bytes(seq, 8) + bytes(0, 76) + bytes(1, 4)
            + bytes(0, 176)
    }

    @Test("Records that did not come home are recovered, those that did are not")
    func recovered() {
        let ring = (3...6).flatMap { Self.record($0) }
        func seqs(_ received: [UInt64]) -> [UInt64] {
            let records = received.map { EnergyRecord(seq: $0, comm: "x", pid: 1, energyUj: 0, counts: []) }
            let found = RecoveredRecords.find(ring: ring, received: records)
            #expect(found.allSatisfy { $0.recovered == true })
            return found.compactMap(\.seq)
        }
        #expect(seqs([0, 1, 2, 3, 4]) == [5, 6])
        #expect(seqs([]) == [3, 4, 5, 6])
        #expect(seqs([0, 1, 2, 3, 4, 5, 6]).isEmpty)
        // The module was loaded anew in between.
        #expect(seqs([0, 1, 8, 9, 0, 1, 2, 3, 4, 5]) == [6])
        #expect(RecoveredRecords.find(ring: [1, 2, 3], received: []).isEmpty)
    }

    @Test("Only a recovered record says so in its JSON")
    func marked() throws {
        var record = EnergyRecord(comm: "x", pid: 1, energyUj: 0, counts: [])
        #expect(try !record.contractJSON(pretty: false).contains("recovered"))
        record.recovered = true
        #expect(try record.contractJSON(pretty: false).contains(#""recovered":true"#))
    }

    // MARK: - policy

    @Test("When a dump is taken, and when its absence is said")
    func policy() {
        let crashes: [GuestMonitor.Ending] = [
            .panicked, .hung(during: "x"), .neverBooted, .outOfTime(during: "x"),
        ]
        for ending in crashes {
            #expect(DumpPolicy.crash.decision(ending) == .take)
            #expect(DumpPolicy.always.decision(ending) == .take)
            #expect(DumpPolicy.never.decision(ending) == .miss(reason: "--dump never"))
        }
        #expect(DumpPolicy.crash.decision(.goodbye) == .leave)
        #expect(DumpPolicy.always.decision(.goodbye) == .take)
        for ending in [GuestMonitor.Ending.reset, .poweredOff, .machineDied("x")] {
            guard case .miss = DumpPolicy.always.decision(ending) else {
                Issue.record("\(ending): there is no memory, and that must be said")
                continue
            }
        }
    }
}
