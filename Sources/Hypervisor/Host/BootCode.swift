// SPDX-License-Identifier: Apache-2.0

/// A guest of a few instructions, in the shape of a Linux kernel image so that QEMU boots it with
/// `-kernel`: Linux's boot protocol 2.00 (Documentation/arch/x86/boot.rst), where the code behind
/// the header is entered in real mode, with CS 32 paragraphs above DS, ES and SS.
struct BootCode: Sendable {
    /// Where the code begins, from CS:0: behind the header.
    static let origin = 0x70
    /// How many sectors are loaded behind the first.
    private static let sectors = 9

    /// The instructions.
    private(set) var code: [UInt8] = []

    /// Where the next instruction goes, from CS:0.
    var position: Int { Self.origin + code.count }

    /// Adds instructions.
    mutating func add(_ bytes: [UInt8]) { code += bytes }

    /// Puts a 16-bit value where a placeholder was added.
    mutating func patch(at position: Int, with value: Int) {
        code[position - Self.origin] = UInt8(value & 0xff)
        code[position - Self.origin + 1] = UInt8(value >> 8 & 0xff)
    }

    /// The image.
    var image: [UInt8] {
        var image = [UInt8](repeating: 0, count: 512 * (1 + Self.sectors) + 16)
        precondition(Self.origin + code.count <= 512 * Self.sectors, "the code does not fit")
        image[0x1f1] = UInt8(Self.sectors)
        // The boot flag; a jump over the header; the header's magic and version.
        image.replaceSubrange(
            0x1fe..<0x208, with: [0x55, 0xaa, 0xeb, 0x6e] + Array("HdrS".utf8) + [0x00, 0x02])
        image.replaceSubrange(0x200 + Self.origin..<0x200 + Self.origin + code.count, with: code)
        return image
    }
}

/// The guests that find out what KVM can do. They report by the number that QEMU exits with
/// (`isa-debug-exit`: twice the byte written, plus one).
enum ProbeCode {
    /// The I/O port of the exit device.
    static let exitPort: UInt8 = 0xf4
    /// It got here: instructions are executed.
    static let alive: UInt8 = 0x2a
    /// An instruction that counters need faulted.
    static let faulted: UInt8 = 0x2b
    /// The CPU says that it has no counters.
    static let noCounters: UInt8 = 0x2c
    /// The counter did not move.
    static let countsNothing: UInt8 = 0x2d
    /// The counter counted.
    static let counts: UInt8 = 0x2e

    /// QEMU's exit status for a byte.
    static func status(of byte: UInt8) -> Int32 { Int32(byte) * 2 + 1 }

    /// A loop, and the report.
    static var instructions: BootCode {
        var code = BootCode()
        code.add([0xfa, 0xb9, 0x00, 0x10, 0xe2, 0xfe])  // cli; mov cx, 0x1000; loop to itself
        code.exit(alive)
        return code
    }

    /// Counts retired instructions (event 0xc0, umask 0: Intel SDM 20.2.1.2; AMD's PPR, PMCx0C0) around a loop.
    static func counter(vendor: String) -> BootCode {
        let isIntel = vendor == "GenuineIntel"
        let (select, count): (UInt32, UInt32) = isIntel ? (0x186, 0xc1) : (0xc001_0000, 0xc001_0004)
        var code = BootCode()
        // The handler of the general protection fault: 0000:0034 of the real mode's vectors.
        code.add([0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xc7, 0x06, 0x34, 0x00])  // cli; ds = 0; mov word [0x34],
        let handler = code.position
        code.add([0, 0, 0x8c, 0x0e, 0x36, 0x00])  // (the handler); mov [0x36], cs
        if isIntel {
            code.add([0x66, 0x31, 0xc0, 0x0f, 0xa2])  // eax = 0; cpuid
            code.add([0x66, 0x83, 0xf8, 0x0a, 0x73, 0x07])  // cmp eax, 10; jae over the exit
            code.exit(noCounters)
            code.add([0x66, 0xb8, 0x0a, 0, 0, 0, 0x0f, 0xa2])  // mov eax, 10; cpuid
            code.add([0x84, 0xc0, 0x75, 0x07])  // test al, al (the version); jnz over the exit
            code.exit(noCounters)
            code.writeMSR(0x38f, 1)  // IA32_PERF_GLOBAL_CTRL: the first counter
        }
        code.writeMSR(count, 0)
        code.writeMSR(select, 0x43_00c0)  // enabled, in all rings
        code.add([0xb9, 0x00, 0x10, 0xe2, 0xfe])  // mov cx, 0x1000; loop to itself
        code.readMSR(count)
        code.add([0x66, 0x3d, 0x00, 0x10, 0x00, 0x00, 0x73, 0x07])  // cmp eax, 0x1000; jae over the exit
        code.exit(countsNothing)
        code.exit(counts)
        code.patch(at: handler, with: code.position)
        code.exit(faulted)
        return code
    }
}

extension BootCode {
    /// Ends QEMU with a byte, always 7 bytes long: mov al; out port, al; hlt; jmp to hlt.
    mutating func exit(_ byte: UInt8) {
        add([0xb0, byte, 0xe6, ProbeCode.exitPort, 0xf4, 0xeb, 0xfd])
    }

    /// Writes a model-specific register; its high half becomes 0.
    mutating func writeMSR(_ register: UInt32, _ value: UInt32) {
        add([0x66, 0xb9] + bytes(register) + [0x66, 0xb8] + bytes(value))  // mov ecx; mov eax
        add([0x66, 0x31, 0xd2, 0x0f, 0x30])  // xor edx, edx; wrmsr
    }

    /// Reads a model-specific register into EAX.
    mutating func readMSR(_ register: UInt32) {
        add([0x66, 0xb9] + bytes(register) + [0x0f, 0x32])  // mov ecx; rdmsr
    }

    private func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
