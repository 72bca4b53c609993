// SPDX-License-Identifier: Apache-2.0

/// Which runs leave a dump of the guest's memory.
public enum DumpPolicy: String, Sendable, Codable, CaseIterable {
    /// Every run whose guest is still there at its end.
    case always
    /// Those whose guest crashed or hung.
    case crash
    /// None.
    case never

    /// What to do at a guest's end.
    enum Decision: Equatable {
        case take
        /// Nobody would expect a dump.
        case leave
        /// There is none, for a reason that is said.
        case miss(reason: String)
    }

    func decision(_ ending: GuestMonitor.Ending) -> Decision {
        switch ending {
        case .goodbye: self == .always ? .take : .leave
        case .cancelled: .leave
        case .panicked, .hung, .neverBooted, .outOfTime:
            self == .never ? .miss(reason: "--dump never") : .take
        case .flooded, .channelBroken:
            switch self {
            case .always: .take
            case .crash: .miss(reason: "the guest did not crash; --dump always keeps its memory all the same")
            case .never: .miss(reason: "--dump never")
            }
        case .reset, .poweredOff, .machineDied:
            .miss(reason: "the machine was gone before its memory could be read")
        }
    }
}
