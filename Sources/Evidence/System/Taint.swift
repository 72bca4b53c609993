// SPDX-License-Identifier: Apache-2.0

/// Bits of the kernel's taint, see Documentation/admin-guide/tainted-kernels.rst. Those that loading or running a
/// module can set.
enum Taint: Int, CaseIterable {
    case proprietary = 0
    case forcedLoad = 1
    case forcedUnload = 3
    case badPage = 5
    case died = 7
    case warned = 9
    case outOfTree = 12
    case unsigned = 13
    case softLockup = 14
    case test = 18

    /// Whether it says nothing against the module: every one that is built outside the kernel's tree sets it, or,
    /// for ``test``, every one that consists of KUnit tests.
    var isUnavoidable: Bool { self == .outOfTree || self == .unsigned || self == .test }

    /// The letter that reports show.
    var letter: String {
        switch self {
        case .proprietary: "P"
        case .forcedLoad: "F"
        case .forcedUnload: "R"
        case .badPage: "B"
        case .died: "D"
        case .warned: "W"
        case .outOfTree: "O"
        case .unsigned: "E"
        case .softLockup: "L"
        case .test: "N"
        }
    }

    /// What it says.
    var meaning: String {
        switch self {
        case .proprietary: "a module without a free licence was loaded"
        case .forcedLoad: "a module was loaded by force"
        case .forcedUnload: "a module was unloaded by force"
        case .badPage: "a page was in a bad state"
        case .died: "the kernel oopsed"
        case .warned: "the kernel warned"
        case .outOfTree: "a module from outside the kernel's tree was loaded"
        case .unsigned: "a module without a signature was loaded"
        case .softLockup: "a CPU was stuck"
        case .test: "a test was run"
        }
    }
}
