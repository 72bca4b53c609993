// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// Why a guest, or the hypervisor itself, could not do what was asked.
///
/// ``message`` says what was being done, to what and why it failed, in full sentences.
public struct HypervisorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure this is.
    public enum Code: Sendable, Hashable {
        /// QEMU is not installed, or is not where it was said to be.
        case emulatorMissing
        /// libvirt cannot be used on this host.
        case libvirtUnavailable
        /// libvirt refused; the value is its `virErrorNumber`.
        case libvirt(Int)
        /// A specification that no guest can have.
        case invalidSpec
        /// A file is missing or cannot be read.
        case file
        /// The operating system refused; the value is the `errno`.
        case system(CInt)
        /// It took longer than allowed and was ended.
        case timeLimit
        /// The watcher that cleans up after a killed lab does not work.
        case guardian
        /// The guest is not in a state in which this can be done.
        case wrongState
        /// The hypervisor was closed, or was told to end every guest.
        case closed
    }

    /// What kind of failure this is.
    public let code: Code
    /// What was being done, to what, and why it failed: full sentences.
    public let message: String
    /// What to do next: full sentences.
    public let advice: String?

    /// Makes an error; see the properties of the same names.
    public init(_ code: Code, _ message: String, advice: String? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// Everything in full sentences.
    public var description: String { advice.map { "\(message) \($0)" } ?? message }

    /// Wraps an `errno`. `action` completes "Could not ...".
    static func system(_ number: CInt, action: String, path: FilePath? = nil) -> HypervisorError {
        let subject = path.map { " (\($0))" } ?? ""
        let full = number == ENOSPC || number == EDQUOT
        return HypervisorError(
            .system(number),
            "Could not \(action)\(subject). The operating system says: \(String(cString: strerror(number))).",
            advice: full ? "Free some space on that file system, or choose another folder." : nil)
    }

    /// Wraps whatever was thrown by a file operation. `action` completes "Could not ...".
    static func file(_ error: any Error, action: String, path: FilePath) -> HypervisorError {
        if let error = error as? HypervisorError { return error }
        if let number = error as? Errno { return system(number.rawValue, action: action, path: path) }
        return HypervisorError(.file, "Could not \(action) (\(path)). \(error)")
    }
}
