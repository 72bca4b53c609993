// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GuestContract

@Suite struct WorkloadTests {
    @Test func `every standard value is one that may be set, and comes back from its text`() {
        for workload in Workload.all {
            for parameter in workload.parameters {
                let text = parameter.text(parameter.standard)
                #expect(parameter.value(text) == parameter.standard, "\(workload.name) \(parameter.name)")
            }
            #expect(Set(workload.parameters.map(\.name)).count == workload.parameters.count)
        }
        #expect(Set(Workload.all.map(\.name)).count == Workload.all.count)
    }

    @Test func `times need a unit and have an end`() {
        let time = Workload.Parameter(name: "x", kind: .time, standard: 0, meaning: "")
        #expect(time.value("250us") == 250_000)
        #expect(time.value("60m") == 3_600_000_000_000)
        for wrong in [
            "", "5", "ms", "-1ms", "61m", "1.5ms", "99999999999999999999s", "18446744073709551615s",
        ] {
            #expect(time.value(wrong) == nil, "\(wrong)")
        }
        #expect(time.text(1_500_000) == "1500us")
    }

    @Test func `numbers keep to their limits`() {
        let number = Workload.Parameter(name: "x", kind: .number(1...9), standard: 1, meaning: "")
        #expect(number.value("9") == 9)
        for wrong in ["0", "10", "x", "1 ", "0x1"] { #expect(number.value(wrong) == nil, "\(wrong)") }
        let flag = Workload.Parameter(name: "x", kind: .flag, standard: 0, meaning: "")
        #expect(flag.value("true") == 1 && flag.value("false") == 0 && flag.value("1") == nil)
    }
}
