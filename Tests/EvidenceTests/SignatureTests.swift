// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Evidence

@Suite struct SignatureTests {
    private func signature(_ text: String, caller: String = "T101", at start: UInt64 = 31_000_000) -> String?
    {
        CrashClassifier().classify(Array(ReportFixtures.log(text, caller: caller, at: start).utf8)).first?
            .signature
    }

    private static let reports = [
        ReportFixtures.sleepInHook, ReportFixtures.useAfterFree, ReportFixtures.nullPointer,
        ReportFixtures.warning,
        ReportFixtures.deadlock, ReportFixtures.softLockup, ReportFixtures.hungTask,
    ]

    /// Another boot: other addresses, pids, CPUs, times; and the module recompiled after an edit somewhere
    /// else in its file: other offsets, sizes and line numbers.
    private func another(_ text: String) -> String {
        var result = ""
        var digits = ""
        func flush() {
            // Numbers of three and more digits, and everything hexadecimal after 0x, become others.
            if digits.count >= 3 { digits = String(digits.map { $0 == "1" ? "7" : $0 == "4" ? "8" : $0 }) }
            result += digits
            digits = ""
        }
        for character in text {
            if character.isHexDigit, character.isNumber {
                digits.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result.replacing("CPU: 1", with: "CPU: 0").replacing("CPU#1", with: "CPU#0")
            .replacing("+0x", with: "+0x1").replacing("stuck for 26s", with: "stuck for 52s")
            .replacing("more than 122 seconds", with: "more than 245 seconds")
            .replacing("6.18.5", with: "6.18.9")
    }

    @Test(arguments: reports) func isTheSameInAnotherBoot(_ report: String) {
        let changed = another(report)
        #expect(changed != report)
        #expect(signature(report) == signature(changed, caller: "T777", at: 99_000_000))
        #expect(signature(report) != nil)
    }

    @Test func differsBetweenBugs() {
        let all = Set(Self.reports.compactMap { signature($0) })
        #expect(all.count == Self.reports.count)
    }

    @Test(arguments: [
        // The same hook sleeps in another function of the kernel.
        (ReportFixtures.sleepInHook, "__mutex_lock", "__kmalloc_noprof"),
        // Another function of the module does.
        (ReportFixtures.sleepInHook, "pacct_count", "pacct_other"),
        // The same function uses freed memory, but writes.
        (ReportFixtures.useAfterFree, "Read of size", "Write of size"),
        (ReportFixtures.warning, "event 3 has no counter", "event 3 counts backwards"),
        (ReportFixtures.deadlock, "(task_table_lock)", "(other_lock)"),
    ])
    func differsFor(_ report: String, _ old: String, _ new: String) {
        #expect(signature(report) != signature(report.replacing(old, with: new)))
    }

    @Test func doesNotDependOnWhereALoopWasInterrupted() {
        let there = ReportFixtures.softLockup.replacing(
            "native_queued_spin_lock_slowpath", with: "_raw_spin_lock")
        #expect(signature(ReportFixtures.softLockup) == signature(there))
    }

    @Test(arguments: [
        ("pid 71 died", "pid N died"), ("at 0xffffa1b2", "at N"),
        ("ip6_fragment in ext4", "ip6_fragment in ext4"),
        ("address ffff888104a3c510 gone", "address N gone"),
        ("stuck for 26s!", "stuck for Ns!".replacing("Ns", with: "N")),
        ("deadbeef cafe", "deadbeef cafe"), ("", ""), ("5", "N"),
    ])
    func normalises(_ title: String, _ normal: String) {
        #expect(Signature.normalised(title) == normal)
    }

    @Test func leavesTheFunctionToItsOwnField() {
        #expect(Signature.of(.warning, function: "foo", title: "WARNING in foo") == "warning|foo|WARNING")
        #expect(Signature.of(.panic, function: nil, title: "kernel panic: x") == "panic|-|kernel panic: x")
    }
}

@Suite struct FindingTests {
    @Test func goesThroughJSON() throws {
        let finding = Finding(
            crashClass: .kasanUseAfterFree, title: "t in f", function: "f", rule: "r", count: 2,
            evidence: ["e"],
            consequences: ["c"],
            frames: [
                StackFrame(
                    function: "f", symbol: "f.cold", offset: 2, size: 16, module: "m", isReliable: false,
                    location: "m.c:9", inlined: [.init(function: "g", location: "m.c:3")]),
                StackFrame(function: "h"),
            ])
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(finding), as: UTF8.self)
        #expect(
            text
                == #"{"class":"kasan_uaf","consequences":["c"],"count":2,"evidence":["e"],"frames":[{"function":"f","inlined":[{"function":"g","location":"m.c:3"}],"is_reliable":false,"location":"m.c:9","module":"m","offset":2,"size":16,"symbol":"f.cold"},{"function":"h"}],"function":"f","rule":"r","signature":"kasan_uaf|f|t","title":"t in f"}"#
        )
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(Finding.self, from: Data(text.utf8)) == finding)
    }

    @Test func readsWhatIsMissingAsDefaults() throws {
        let finding = try JSONDecoder().decode(
            Finding.self, from: Data(#"{"class":"panic","title":"t"}"#.utf8))
        #expect(finding == Finding(crashClass: .panic, title: "t"))
        #expect(finding.count == 1)
    }
}
