// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// Where the job comes from: the machine's shared memory. See ``JobMemory``.
struct JobSource {
    /// How often the memory is looked at, microseconds of the guest's time.
    private static let pause: UInt32 = 10_000

    private let memory: UnsafeRawBufferPointer

    /// Finds the memory among the machine's PCI devices.
    ///
    /// - Throws: ``JobError/noMemory(errno:)``.
    init() throws(JobError) {
        var size = 0
        guard let start = guest_map_job_memory(&size) else { throw .noMemory(errno: errno) }
        memory = UnsafeRawBufferPointer(start: start, count: size)
    }

    /// Whether the job is there.
    var hasJob: Bool { (try? JobMemory.archive(in: memory)) != nil }

    /// Returns once the job is there.
    func wait() { while !hasJob { usleep(Self.pause) } }

    /// Unpacks the job's files and returns its plan. The memory is gone afterwards: every process that the agent starts
    /// would have to be given a copy of its page tables.
    func unpack() throws(JobError) -> JobPlan {
        defer { munmap(UnsafeMutableRawPointer(mutating: memory.baseAddress), memory.count) }
        do {
            return try unpackArchive()
        } catch let error as ContractError {
            throw .malformed(error)
        } catch let error as JobError {
            throw error
        } catch {
            // Nothing else is thrown there.
            throw .noMemory(errno: EIO)
        }
    }

    private func unpackArchive() throws -> JobPlan {
        guard let archive = try JobMemory.archive(in: memory) else { throw ContractError.badMagic }
        var reader = CpioReader(archive)
        var plan: JobPlan?
        while let entry = try reader.next() {
            let path = "/" + entry.name
            if entry.isDirectory { mkdir(path, entry.mode & 0o7777) }
            guard entry.isFile else { continue }
            if path == Contract.planPath { plan = try JobPlan(decoding: Array(entry.content)) }
            if let number = write(entry, to: path) { throw JobError.unwritable(path, errno: number) }
        }
        guard let plan else { throw ContractError.truncated(field: "plan") }
        return plan
    }

    /// - Returns: The error number, nil when all went well.
    private func write(_ entry: CpioReader.Entry, to path: String) -> Int32? {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(entry.mode & 0o7777))
        guard file >= 0 else { return errno }
        defer { close(file) }
        var done = 0
        while done < entry.content.count {
            let count = Glibc.write(
                file, entry.content.baseAddress?.advanced(by: done), entry.content.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return errno }
            done += count
        }
        return nil
    }
}

/// Why there is nothing to do.
enum JobError: Error, CustomStringConvertible {
    case noMemory(errno: Int32)
    case unwritable(String, errno: Int32)
    case malformed(ContractError)

    var description: String {
        switch self {
        case .noMemory(let errno): "the job's memory cannot be mapped: \(errorText(errno))"
        case .unwritable(let path, let errno): "\(path) cannot be written: \(errorText(errno))"
        case .malformed(let error): "the job: \(error)"
        }
    }
}
