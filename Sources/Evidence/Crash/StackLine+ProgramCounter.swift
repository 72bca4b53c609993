// SPDX-License-Identifier: Apache-2.0

extension StackLine {
    /// The program counter, as each architecture labels it.
    static func programCounter(_ text: Text) -> StackLine? {
        if let value = text.dropping(prefix: "RIP: ") ?? text.dropping(prefix: "EIP: ")
            ?? text.dropping(prefix: "IP: ")
        {
            return x86(value)
        }
        // arm64 "pc : f+0x1/0x2", arm "PC is at f+0x1/0x2", riscv "epc : f+0x1/0x2", powerpc "NIP [addr] f+0x1/0x2".
        for label: StaticString in ["pc : ", "PC is at ", "epc : ", "NIP "] {
            if let value = text.dropping(prefix: label) { return .programCounter(frame(value)) }
        }
        return nil
    }

    /// `0010:function+0x1/0x2`, `0010:[<addr>]  [<addr>] function+0x1/0x2`, `function+0x1/0x2`; the selector
    /// tells user space (ring 3) from the kernel.
    private static func x86(_ value: Text) -> StackLine {
        var text = value.drop(while: \.isBlank)
        if let colon = text.firstIndex(of: UInt8(ascii: ":")), colon - text.startIndex == 4,
            text[..<colon].allSatisfy(\.isHexDigit)
        {
            let ring = (text[colon - 1].hexValue ?? 0) & 3
            if ring == 3 { return .userProgramCounter }
            text = text[(colon + 1)...]
        }
        return .programCounter(frame(text))
    }
}
