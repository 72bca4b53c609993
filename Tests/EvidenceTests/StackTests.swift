// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct StackLineTests {
    private func frame(_ line: String) -> StackFrame? { StackLine.frame(Text(line)) }

    @Test func readsAFrame() {
        #expect(
            frame(" pacct_read.isra.0+0x66/0x90 [pacct_energy]")
                == StackFrame(
                    function: "pacct_read", symbol: "pacct_read.isra.0", offset: 0x66, size: 0x90,
                    module: "pacct_energy"))
        #expect(
            frame(" ? __schedule+0x1c3/0x1a10")
                == StackFrame(
                    function: "__schedule", offset: 0x1c3, size: 0x1a10, isReliable: false))
        #expect(frame(" foo+0x1/0x2 [mod 0123456789abcdef]")?.module == "mod")
        #expect(frame(" foo+0x1/0x2 net/core/dev.c:12")?.function == "foo")
        #expect(frame(" foo net/core/dev.c:12 [inline]")?.function == "foo")
    }

    @Test(arguments: [
        " [<ffffffff81234567>] foo+0x1/0x2", "[<ffffffff81234567>] ? foo+0x1/0x2",
        " <IRQ>  [<ffffffff81234567>] foo+0x1/0x2",
        "[c000000001bb3710] [c0000000000286fc] foo+0x1/0x2",
        "[<80c1e5e8>] (foo) from [<80c1eb20>] (bar+0x60/0xdc)",
        " foo from bar+0x60/0xdc", "[<(ptrval)>] foo+0x1/0x2", "<<EOE>> <IRQ> foo+0x1/0x2",
    ])
    func readsAllKindsOfFrames(_ line: String) {
        #expect(frame(line)?.function == "foo")
    }

    @Test(arguments: [
        "", " ", "foo", "foo bar+0x1/0x2", "+0x1/0x2", "0x12+0x1/0x2",
        "R10: 0000000000000000 R11: 0000000000000000",
        "Read from foo", "Modules linked in: foo", "Code: 48 89 fa", "foo+0x/0x2", "<IRQ>",
        "[<ffffffff81234567>]",
        "pc was from here", " foo+0x11111111111111111/0x2",
    ])
    func takesNothingElseForAFrame(_ line: String) {
        #expect(frame(line) == nil)
    }

    @Test(arguments: [
        "RIP: 0010:foo+0x1/0x2", "RIP: 0010:[<ffffffff81234567>]  [<ffffffff81234567>] foo+0x1/0x2",
        "IP: [<ffffffff81234567>] foo+0x1/0x2", "EIP: foo+0x1/0x2", "EIP: 0060:[<c1234567>] foo+0x1/0x2",
        "pc : foo+0x1/0x2", "PC is at foo+0x1/0x2", "epc : foo+0x1/0x2", "NIP [c000000000012345] foo+0x1/0x2",
    ])
    func readsTheProgramCounter(_ line: String) {
        guard case .programCounter(let frame) = StackLine(Text(line)) else {
            Issue.record("no program counter")
            return
        }
        #expect(frame?.function == "foo")
    }

    @Test func tellsUserSpaceFromTheKernel() {
        #expect(StackLine(Text("RIP: 0033:0x7f2b1a2c31b7")) == .userProgramCounter)
        #expect(StackLine(Text("RIP: 0010:0xffffffff81234567")) == .programCounter(nil))
        #expect(StackLine(Text("Call Trace:")) == .traceStart)
        #expect(StackLine(Text(" Call trace:")) == .traceStart)
        #expect(StackLine(Text("Call Trace: [<ffffffff81234567>] foo+0x1/0x2")).isFrame)
    }
}

extension StackLine {
    fileprivate var isFrame: Bool {
        if case .frame = self { return true }
        return false
    }
}

@Suite struct NamePatternsTests {
    @Test func matchesByItsEnds() {
        let patterns = NamePatterns("exact prefix_* *_suffix *part*")
        for name in ["exact", "prefix_", "prefix_x", "x_suffix", "_suffix", "part", "apartment"] {
            #expect(patterns.contains(name))
        }
        for name in ["", "exactly", "aprefix_", "suffix", "_suffixes", "par"] {
            #expect(!patterns.contains(name))
        }
    }

    /// Every group says why, and none of the functions that a module under test may be guilty with is in it.
    @Test(arguments: [
        "pacct_sched_switch", "perf_event_create_kernel_counter", "perf_event_release_kernel",
        "perf_event_read_local",
        "schedule_tail", "rtnl_lock", "iov_iter_advance", "do_exit", "kernel_clone", "process_one_work",
    ])
    func holdsNobodyInnocentByAccident(_ function: String) {
        #expect(!GuiltyFrame.isInnocent(function))
    }

    @Test(arguments: [
        ("__x64_sys_futex", "sys_futex"), ("SyS_rmdir", "rmdir"), ("compat_SyS_mount", "mount"),
        ("__se_sys_mremap", "mremap"), ("__arm64_sys_socket", "sys_socket"), ("foo", "foo"), ("sys_", "sys_"),
    ])
    func namesSystemCallsTheSameEverywhere(_ function: String, _ name: String) {
        #expect(SystemCall.name(function) == name)
    }
}
