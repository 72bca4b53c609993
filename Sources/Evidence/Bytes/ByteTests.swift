// SPDX-License-Identifier: Apache-2.0

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var isHexDigit: Bool {
        let lower = self | 0x20
        return isDigit || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f"))
    }

    var isLetter: Bool {
        let lower = self | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }

    /// A byte of a C identifier.
    var isWordByte: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }

    /// Space or tab.
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// The value of a hexadecimal digit, nil when it is none.
    var hexValue: UInt8? {
        if isDigit { return self - UInt8(ascii: "0") }
        return isHexDigit ? (self | 0x20) - UInt8(ascii: "a") + 10 : nil
    }
}

extension Collection<UInt8> {
    /// The decimal number that these bytes are, nil when they are anything else or too large.
    var decimal: UInt64? {
        guard !isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in self {
            guard byte.isDigit else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
