// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GuestContract

@Suite struct ConditionTests {
    @Test(arguments: [
        (Condition.equals("0"), " 0\n", true), (.equals("0"), "00", false), (.equals(""), " \n", true),
        (.contains("b\nc"), "a b\nc", true), (.contains("x"), "", false), (.contains(""), "", true),
        (.lacks("BUG"), "no BU G", true), (.lacks("BUG"), "a BUG: b", false), (.lacks("x"), "x", false),
        (.atLeast(3), "3 4", true), (.atLeast(3), "2\n", false), (.atLeast(-1), "-1", true),
        (.atMost(3), "3\n", true), (.atMost(3), "4", false), (.atMost(3), "none", false),
        (.atLeast(0), "", false),
    ])
    func `holds or does not`(condition: Condition, text: String, expected: Bool) {
        #expect(condition.holds(for: text) == expected)
    }

    @Test func `errors have one name and one number`() {
        for name in ErrorName.all {
            #expect(ErrorName.number(name).map(ErrorName.name) == name)
        }
        #expect(ErrorName.number("ENOMEM") == 12 && ErrorName.name(9999) == "error 9999")
    }
}
