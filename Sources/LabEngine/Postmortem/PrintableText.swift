// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text without characters that a terminal would obey: what a guest wrote is shown, not executed.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.isControl }) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isControl {
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1, but not the tabulator.
    fileprivate var isControl: Bool { (value < 0x20 && value != 9) || (0x7F...0x9F).contains(value) }
}
