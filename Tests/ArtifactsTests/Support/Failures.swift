// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Artifacts

/// The ``ArtifactError`` that `body` must throw; a test issue and `nil` when it does not.
@discardableResult
func artifactError(
    _ location: SourceLocation = #_sourceLocation, from body: () async throws -> Void
) async -> ArtifactError? {
    do {
        try await body()
    } catch let error as ArtifactError {
        return error
    } catch {
        Issue.record("threw \(error), which is no ArtifactError", sourceLocation: location)
        return nil
    }
    Issue.record("threw nothing", sourceLocation: location)
    return nil
}
