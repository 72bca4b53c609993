// SPDX-License-Identifier: Apache-2.0

/// The name of a bug, built so that it survives another boot.
enum Signature {
    /// Class, function, normalised title, and what else tells the bug from others, joined by `|`.
    static func of(_ crashClass: CrashClass, function: String?, title: String, detail: String? = nil)
        -> String
    {
        var title = normalised(title)
        // The function has a field of its own.
        if let function, title.hasSuffix(" in " + function) {
            title.removeLast(function.utf8.count + 4)
        }
        let parts = [crashClass.rawValue, function ?? "-", title] + (detail.map { [normalised($0)] } ?? [])
        return parts.joined(separator: "|")
    }

    /// A title without what changes from boot to boot or with a harmless edit: numbers (addresses, pids,
    /// CPUs, times, sizes, line numbers) become `N`. Digits inside a word, as in `ip6_fragment` or
    /// `ext4`, belong to the name and stay.
    static func normalised(_ title: String) -> String {
        let bytes = Array(title.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let startsWord = index == 0 || !bytes[index - 1].isWordByte
            guard byte.isWordByte, startsWord else {
                result.append(byte)
                index += 1
                continue
            }
            var end = index
            while end < bytes.count, bytes[end].isWordByte { end += 1 }
            if isNumber(bytes[index..<end]) {
                result.append(UInt8(ascii: "N"))
            } else {
                result += bytes[index..<end]
            }
            index = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Decimal, `0x` hexadecimal, or eight and more hexadecimal digits; a unit may follow a decimal.
    private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
        if word.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) { return true }
        guard let first = word.first else { return false }
        if first.isDigit {
            let unit = word.drop(while: \.isDigit)
            if unit.count <= 2 { return true }
        }
        return word.count >= 8 && word.allSatisfy(\.isHexDigit) && word.contains(where: \.isDigit)
    }
}
