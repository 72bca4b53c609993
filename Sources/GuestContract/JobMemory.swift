// SPDX-License-Identifier: Apache-2.0

/// The memory in which a job reaches a guest: a PCI device of the machine that host and guest map alike.
///
/// A guest that was restored from a snapshot has long booted: what it is to do cannot be in its initramfs. Its machine
/// has the memory before it goes on, so that nobody pokes a guest that runs.
///
/// | offset | size | field                                                    |
/// |--------|------|----------------------------------------------------------|
/// | 0      | 8    | ``Contract/jobMagic``, little-endian; 0: no job yet      |
/// | 8      | 8    | length of the archive, little-endian                     |
/// | 16     | ...  | a cpio archive ("newc") with the plan and the job's files |
public enum JobMemory {
    /// Size of the header, bytes.
    public static let headerSize = 16
    /// Size of the memory, bytes: a power of two, as for every PCI region.
    public static let size = 64 << 20
    /// Longest archive, bytes.
    public static let archiveLimit = size - headerSize

    /// The header of a memory with an archive of that length.
    public static func header(archiveLength: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(Contract.jobMagic)
        writer.write(archiveLength)
        return writer.bytes
    }

    /// The archive in a memory; nil while there is no job.
    ///
    /// - Throws: ``ContractError`` when the length cannot be.
    public static func archive(
        in memory: UnsafeRawBufferPointer
    ) throws(ContractError) -> UnsafeRawBufferPointer? {
        guard memory.count >= headerSize else { throw .truncated(field: "job memory") }
        guard UInt64(littleEndian: memory.loadUnaligned(as: UInt64.self)) == Contract.jobMagic else {
            return nil
        }
        let length = UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard length <= UInt64(memory.count - headerSize) else {
            throw .tooLong(
                field: "job archive", length: Int(clamping: length), limit: memory.count - headerSize)
        }
        return UnsafeRawBufferPointer(rebasing: memory[headerSize..<(headerSize + Int(length))])
    }
}
