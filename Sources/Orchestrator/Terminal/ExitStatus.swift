// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import LabEngine

/// Exit status of every subcommand, by contract.
enum ExitStatus: Int32 {
    case passed = 0
    case failed = 1
    case wrongUsage = 2
    case inconclusive = 3

    /// What an error that ended a command means.
    init(_ error: any Error) {
        switch error {
        case let error as LabError: self = error.code == .badInput ? .wrongUsage : .inconclusive
        case let error as ArtifactError: self = Self.status(of: error)
        case is ScenarioError, is ValidationError: self = .wrongUsage
        default: self = .inconclusive
        }
    }

    /// A module that does not build is a failure, a name that is not there wrong usage, the rest trouble.
    private static func status(of error: ArtifactError) -> ExitStatus {
        if error.isModuleFault { return .failed }
        return switch error.code {
        case .notFound, .invalidInput: .wrongUsage
        default: .inconclusive
        }
    }
}

extension ExitStatus {
    /// As ArgumentParser wants it.
    var code: ExitCode { ExitCode(rawValue) }
}
