// SPDX-License-Identifier: Apache-2.0

@testable import Hypervisor

/// What test guests do.
extension BootCode {
    /// Prints on the first serial port (QEMU's never makes the guest wait).
    mutating func print(_ text: String) {
        add([0xba, 0xf8, 0x03])  // mov dx, 0x3f8
        for byte in text.utf8 { add([0xb0, byte, 0xee]) }  // mov al, byte; out dx, al
    }

    /// Stops for ever, deaf to interrupts.
    mutating func halt() { add([0xfa, 0xf4, 0xeb, 0xfd]) }  // cli; hlt; jmp to hlt

    /// Runs in a circle for ever.
    mutating func spin() { add([0xeb, 0xfe]) }  // jmp to itself

    /// Switches off, as ACPI's S5 does on QEMU's q35.
    mutating func powerOff() { add([0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xfa, 0xf4]) }

    /// Resets by the port 0xcf9 of the chip set.
    mutating func reset() { add([0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xfa, 0xf4]) }

    /// Takes an interrupt with no table of handlers: a triple fault.
    mutating func tripleFault() {
        add([0xfa, 0x31, 0xc0, 0x50, 0x50, 0x50, 0x89, 0xe5])  // cli; ax = 0; push 3 times; bp = sp
        add([0x36, 0x0f, 0x01, 0x5e, 0x00, 0xcc])  // lidt ss:[bp]; int3
    }

    /// Prints a character for ever.
    mutating func flood(_ byte: UInt8) {
        add([0xba, 0xf8, 0x03, 0xb0, byte, 0xee, 0xeb, 0xfd])  // dx = 0x3f8; al; out; jmp to out
    }

    /// Prints the alphabet for ever.
    mutating func printAlphabet() {
        add([0xba, 0xf8, 0x03, 0xb0, 0x61])  // mov dx, 0x3f8; again: mov al, 'a'
        add([0xee, 0xfe, 0xc0])  // next: out dx, al; inc al
        add([0x3c, 0x7b, 0x75, 0xf9])  // cmp al, 'z' + 1; jne next
        add([0xeb, 0xf5])  // jmp again
    }

    /// Prints a character `kibibytes` times 1024 times.
    mutating func print(_ byte: UInt8, kibibytes: Int) {
        add([0xba, 0xf8, 0x03, 0xb0, byte])  // mov dx, 0x3f8; mov al, byte
        add([0xbb, UInt8(kibibytes & 0xff), UInt8(kibibytes >> 8)])  // mov bx, kibibytes
        add([0xb9, 0x00, 0x04])  // again: mov cx, 1024
        add([0xee, 0xe2, 0xfd])  // out dx, al; loop to out
        add([0x4b, 0x75, 0xf7])  // dec bx; jnz again
    }

    /// Tells the panic device (PCI 00:06.0, whose registers are memory below 4 GiB) of a panic, as
    /// docs/specs/pvpanic.txt of QEMU says: bit 0 of its one byte.
    mutating func panic() {
        add([0x66, 0xb8, 0x10, 0x30, 0x00, 0x80])  // mov eax, 0x80003010: BAR 0 of 00:06.0
        add([0xba, 0xf8, 0x0c, 0x66, 0xef])  // mov dx, 0xcf8; out dx, eax
        add([0xba, 0xfc, 0x0c, 0x66, 0xed])  // mov dx, 0xcfc; in eax, dx
        add([0x66, 0x83, 0xe0, 0xf0, 0x66, 0x89, 0xc6])  // and eax, -16; mov esi, eax
        // "Unreal" mode: data segments of 4 GiB, from a table on the stack.
        add([0xfa, 0x66, 0x31, 0xc0, 0x8c, 0xd0, 0x66, 0xc1, 0xe0, 0x04])  // cli; eax = ss << 4
        add([0x66, 0x0f, 0xb7, 0xdc])  // movzx ebx, sp
        add([0x66, 0x01, 0xd8])  // add eax, ebx: where the stack's end is
        add([0x66, 0x68, 0x00, 0x92, 0xcf, 0x00])  // push dword 0x00cf9200: descriptor 1, high half
        add([0x66, 0x68, 0xff, 0xff, 0x00, 0x00])  // push dword 0x0000ffff: its low half
        add([0x66, 0x6a, 0x00, 0x66, 0x6a, 0x00])  // push dword 0, twice: descriptor 0
        add([0x66, 0x83, 0xe8, 0x10])  // sub eax, 16: where the table begins
        add([0x66, 0x50, 0x6a, 0x0f, 0x89, 0xe5])  // push eax; push word 15; mov bp, sp
        add([0x36, 0x66, 0x0f, 0x01, 0x56, 0x00])  // lgdt ss:[bp]
        add([0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0])  // cr0 |= 1
        add([0xbb, 0x08, 0x00, 0x8e, 0xc3])  // mov bx, 8; mov es, bx
        add([0x24, 0xfe, 0x0f, 0x22, 0xc0])  // cr0 &= ~1
        add([0x31, 0xdb, 0x8e, 0xc3])  // es = 0, with the limit that it has now
        add([0x26, 0x67, 0xc6, 0x06, 0x01])  // mov byte es:[esi], 1
    }
}
