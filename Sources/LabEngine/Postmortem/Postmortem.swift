// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What a guest's memory says, as the script `images/postmortem/postmortem.py` read it.
struct Postmortem: Sendable, Equatable {
    /// A place in code, and the frame of a stack.
    struct Frame: Sendable, Equatable, Codable {
        var address: UInt64?
        /// As a symbol table has it.
        var symbol: String?
        /// Distance from the symbol's start, and its size, bytes.
        var offset: UInt64?
        var size: UInt64?
        /// nil for the kernel itself.
        var module: String?
        /// As the source has it: inlined functions have frames of their own.
        var function: String?
        var inlined: Bool?
        /// Whether it is the instruction that was interrupted, as opposed to the one to return to.
        var exact: Bool?
        var file: String?
        var line: Int?
    }

    /// A lock that a task holds.
    struct Lock: Sendable, Equatable, Codable {
        var name: String
        var lock: UInt64
        var symbol: String?
        var offset: UInt64?
        var module: String?
        var shared: Bool?
    }

    /// A task, on a CPU or blocked.
    struct Task: Sendable, Equatable, Codable {
        /// The CPU it was running on, nil when it was not.
        var cpu: Int?
        /// Whether that CPU panicked, and whether it was idle.
        var crashed: Bool?
        var idle: Bool?
        var pid: Int32
        var comm: String
        var state: String
        /// nil when the kernel does not keep track of locks.
        var locks: [Lock]?
        /// Innermost first.
        var frames: [Frame]?
        /// What could not be read of it.
        var problem: String?
    }

    /// A module that was loaded.
    struct Module: Sendable, Equatable, Codable {
        struct Section: Sendable, Equatable, Codable {
            var name: String
            var address: UInt64
        }
        struct Parameter: Sendable, Equatable, Codable {
            var name: String
            var value: String
        }
        var name: String
        var state: String
        var references: Int
        var hasSymbols: Bool?
        var sections: [Section]?
        var parameters: [Parameter]?
        var problem: String?
    }

    /// Something worth knowing about the module under test.
    struct Fact: Sendable, Equatable, Codable {
        var name: String
        var value: String
    }

    /// The numbers of pacct_energy's ring: see kmod/pacct_energy/ring.c.
    struct Ring: Sendable, Equatable, Codable {
        var size: UInt64
        var head: UInt64
        var read: UInt64
        var lost: UInt64
    }

    /// The account of a task that was alive.
    struct Account: Sendable, Equatable, Codable {
        var pid: Int32
        var comm: String
        var runtimeNs: UInt64
        var energyUj: Int64
        var exiting: Bool
    }

    /// The kernel's ring buffer, in the form of the console.
    var log: [String] = []
    var cpus: [Task] = []
    /// Tasks that are blocked, or hold a lock.
    var tasks: [Task] = []
    var modules: [Module] = []
    var facts: [Fact] = []
    var ring: Ring?
    /// Records in the ring, as the device would have handed them out.
    var records: [UInt8] = []
    var accounts: [Account] = []
    /// What could not be read, and what was left out.
    var problems: [String] = []
    /// Whether the script came to its end.
    var isComplete = false
}

extension Postmortem.Frame {
    /// As the kernel prints it: `start_oops+0x2/0x10 [canary]`.
    var printed: String {
        let name = symbol ?? function ?? "???"
        var text = name
        if let offset {
            text += "+0x" + String(offset, radix: 16)
            if let size { text += "/0x" + String(size, radix: 16) }
        } else if let address, symbol == nil {
            text = "0x" + String(address, radix: 16)
        }
        return module.map { "\(text) [\($0)]" } ?? text
    }

    /// The same for whoever looks for guilt and location, which is as debug information names it.
    var stackFrame: StackFrame {
        StackFrame(
            function: function ?? symbol ?? "???", symbol: symbol ?? function ?? "???", offset: offset,
            size: size, module: module, location: file.flatMap { file in line.map { "\(file):\($0)" } })
    }
}
