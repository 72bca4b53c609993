// SPDX-License-Identifier: Apache-2.0

import Evidence
import Testing

@testable import LabEngine

@Suite("Where a crash was")
struct CrashPlaceTests {
    private func place(_ evidence: [String]) -> CrashPlace? {
        CrashPlace(of: Finding(crashClass: .nullDereference, title: "x", evidence: evidence))
    }

    @Test("The kernel's instruction pointer, not a user program's")
    func pointer() {
        let lines = [
            "[    1.658592][   T43] BUG: kernel NULL pointer dereference",
            "[    1.658800][   T43] RIP: 0033:0x7f3c",
            "[    1.658801][   T43] RIP: 0010:start_oops.cold+0x1f/0x40 [canary]",
            "[    1.658802][   T43] RIP: 0010:other+0x2/0x3",
        ]
        let place = place(lines)
        #expect(place?.symbol == "start_oops.cold" && place?.offset == 0x1f)
    }

    @Test(
        "What names no instruction",
        arguments: ["", "RIP: 0010:0x0", "RIP: 0033:main+0x1/0x2", "RIP: 0010:a+0xzz/"])
    func none(line: String) { #expect(place([line]) == nil) }
}
