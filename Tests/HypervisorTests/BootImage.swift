// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// A guest of a few instructions, in the shape of a Linux kernel image so that QEMU boots it with
/// `-kernel`: Linux's boot protocol 2.00 (Documentation/arch/x86/boot.rst), where the code behind
/// the header is entered in real mode, with DS, ES and SS at the image's first byte.
struct BootImage {
    private var code: [UInt8] = []

    /// Prints on the first serial port (QEMU's never makes the guest wait).
    mutating func print(_ text: String) {
        code += [0xba, 0xf8, 0x03]  // mov dx, 0x3f8
        for byte in text.utf8 { code += [0xb0, byte, 0xee] }  // mov al, byte; out dx, al
    }

    /// Stops for ever, deaf to interrupts.
    mutating func halt() { code += [0xfa, 0xf4, 0xeb, 0xfd] }  // cli; hlt; jmp to hlt

    /// Runs in a circle for ever.
    mutating func spin() { code += [0xeb, 0xfe] }  // jmp to itself

    /// Switches off, as ACPI's S5 does on QEMU's q35.
    mutating func powerOff() { code += [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef] + [0xfa, 0xf4] }

    /// Resets by the port 0xcf9 of the chip set.
    mutating func reset() { code += [0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee] + [0xfa, 0xf4] }

    /// Takes an interrupt with no table of handlers: a triple fault.
    mutating func tripleFault() {
        code += [0xfa, 0x31, 0xc0, 0x50, 0x50, 0x50, 0x89, 0xe5]  // cli; ax = 0; push 3 times; bp = sp
        code += [0x36, 0x0f, 0x01, 0x5e, 0x00, 0xcc]  // lidt ss:[bp]; int3
    }

    /// Prints a character for ever.
    mutating func flood(_ byte: UInt8) {
        code += [0xba, 0xf8, 0x03, 0xb0, byte, 0xee, 0xeb, 0xfd]  // dx = 0x3f8; al; out; jmp to out
    }

    /// Prints `count` times 64 KiB of a character.
    mutating func printBlocks(_ byte: UInt8, count: UInt16) {
        code += [0xba, 0xf8, 0x03, 0xb0, byte]  // mov dx, 0x3f8; mov al, byte
        code += [0xbb, UInt8(count & 0xff), UInt8(count >> 8)]  // mov bx, count
        code += [0x31, 0xc9]  // again: xor cx, cx
        code += [0xee, 0xe2, 0xfd]  // out dx, al; loop to out
        code += [0x4b, 0x75, 0xf8]  // dec bx; jnz again
    }

    /// Tells the panic device (PCI 00:06.0, whose registers are memory below 4 GiB) of a panic, as
    /// docs/specs/pvpanic.txt of QEMU says: bit 0 of its one byte.
    mutating func panic() {
        code += [0x66, 0xb8, 0x10, 0x30, 0x00, 0x80]  // mov eax, 0x80003010: BAR 0 of 00:06.0
        code += [0xba, 0xf8, 0x0c, 0x66, 0xef]  // mov dx, 0xcf8; out dx, eax
        code += [0xba, 0xfc, 0x0c, 0x66, 0xed]  // mov dx, 0xcfc; in eax, dx
        code += [0x66, 0x83, 0xe0, 0xf0, 0x66, 0x89, 0xc6]  // and eax, -16; mov esi, eax
        // "Unreal" mode: data segments of 4 GiB, from a table on the stack.
        code += [0xfa, 0x66, 0x31, 0xc0, 0x8c, 0xd0, 0x66, 0xc1, 0xe0, 0x04]  // cli; eax = ss << 4
        code += [0x66, 0x0f, 0xb7, 0xdc]  // movzx ebx, sp
        code += [0x66, 0x01, 0xd8]  // add eax, ebx: where the stack's end is
        code += [0x66, 0x68, 0x00, 0x92, 0xcf, 0x00]  // push dword 0x00cf9200: descriptor 1, high half
        code += [0x66, 0x68, 0xff, 0xff, 0x00, 0x00]  // push dword 0x0000ffff: its low half
        code += [0x66, 0x6a, 0x00, 0x66, 0x6a, 0x00]  // push dword 0, twice: descriptor 0
        code += [0x66, 0x83, 0xe8, 0x10]  // sub eax, 16: where the table begins
        code += [0x66, 0x50, 0x6a, 0x0f, 0x89, 0xe5]  // push eax; push word 15; mov bp, sp
        code += [0x36, 0x66, 0x0f, 0x01, 0x56, 0x00]  // lgdt ss:[bp]
        code += [0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0]  // cr0 |= 1
        code += [0xbb, 0x08, 0x00, 0x8e, 0xc3]  // mov bx, 8; mov es, bx
        code += [0x24, 0xfe, 0x0f, 0x22, 0xc0]  // cr0 &= ~1
        code += [0x31, 0xdb, 0x8e, 0xc3]  // es = 0, with the limit that it has now
        code += [0x26, 0x67, 0xc6, 0x06, 0x01]  // mov byte es:[esi], 1
    }

    /// The image's bytes.
    var bytes: [UInt8] {
        let sectors = 9
        var image = [UInt8](repeating: 0, count: 512 * (1 + sectors) + 16)
        precondition(0x70 + code.count <= 512 * sectors, "the code does not fit")
        image[0x1f1] = UInt8(sectors)
        image.replaceSubrange(
            0x1fe..<0x208, with: [0x55, 0xaa, 0xeb, 0x6e] + Array("HdrS".utf8) + [0x00, 0x02])
        image.replaceSubrange(0x270..<0x270 + code.count, with: code)
        return image
    }

    /// A file with a guest in it.
    static func write(to path: FilePath, _ build: (inout BootImage) -> Void) throws {
        var image = BootImage()
        build(&image)
        try Data(image.bytes).write(to: URL(filePath: path.string))
    }
}
