// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Moves everything of a machine but its memory to a file and back: a migration of QEMU that leaves out memory which
/// is in a file already ("x-ignore-shared").
///
/// libvirt can only move all of it: a gibibyte to be written and read where some 100 KiB will do, and no two guests
/// would share a page. So QEMU's monitor is told directly. All calls block, and a QEMU that ends makes them fail.
enum MachineState {
    private static let pause = Duration.milliseconds(2)
    private static let fileName = "pacctlab-state"

    /// Writes the state of a machine that is paused. It cannot run afterwards.
    static func save(_ domain: LibvirtDomain, to path: FilePath) throws {
        try transfer(domain, path, .writeOnly, options: [.create, .exclusiveCreate], command: "migrate")
    }

    /// Reads the state into a machine that was started to take it.
    static func load(_ path: FilePath, into domain: LibvirtDomain) throws {
        try transfer(domain, path, .readOnly, options: [], command: "migrate-incoming")
    }

    private static func transfer(
        _ domain: LibvirtDomain, _ path: FilePath, _ mode: FileDescriptor.AccessMode,
        options: FileDescriptor.OpenOptions, command: String
    ) throws {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                path, mode, options: options.union(.closeOnExec), permissions: .ownerReadWrite)
        } catch {
            throw HypervisorError.file(error, action: "open the state of a guest's machine", path: path)
        }
        defer { try? file.close() }
        try tell(
            domain, "migrate-set-capabilities",
            #"{"capabilities":[{"capability":"x-ignore-shared","state":true}]}"#)
        try tell(domain, "getfd", #"{"fdname":"\#(fileName)"}"#, passing: file)
        try tell(domain, command, #"{"uri":"fd:\#(fileName)"}"#)
        while true {
            let progress = try ask(domain, "query-migrate", "{}", as: Progress.self)
            switch progress.status {
            case "completed": return
            case "failed", "cancelled":
                throw HypervisorError(
                    .wrongState,
                    "Could not move the state of a guest's machine (\(path)). QEMU says: "
                        + (progress.errorDescription ?? "\(progress.status ?? "")."))
            default: BlockingThread.sleep(pause)
            }
        }
    }

    /// Of MigrationInfo in QEMU's qapi/migration.json.
    private struct Progress: Decodable {
        let status: String?
        let errorDescription: String?

        private enum CodingKeys: String, CodingKey {
            case status
            case errorDescription = "error-desc"
        }
    }

    private struct Nothing: Decodable {}

    private struct Answer<Value: Decodable>: Decodable {
        struct Refusal: Decodable { let desc: String }

        let `return`: Value?
        let error: Refusal?
    }

    private static func tell(
        _ domain: LibvirtDomain, _ command: String, _ arguments: String, passing file: FileDescriptor? = nil
    ) throws { _ = try ask(domain, command, arguments, passing: file, as: Nothing.self) }

    private static func ask<Value: Decodable>(
        _ domain: LibvirtDomain, _ command: String, _ arguments: String, passing file: FileDescriptor? = nil,
        as type: Value.Type
    ) throws -> Value {
        let text = try domain.monitor(
            #"{"execute":"\#(command)","arguments":\#(arguments)}"#, passing: file)
        let answer = try? JSONDecoder().decode(Answer<Value>.self, from: Data(text.utf8))
        guard let value = answer?.return else {
            throw HypervisorError(
                .wrongState,
                "Could not have QEMU do \"\(command)\". It says: \(answer?.error?.desc ?? text)")
        }
        return value
    }
}
