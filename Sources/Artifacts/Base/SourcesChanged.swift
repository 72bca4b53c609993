// SPDX-License-Identifier: Apache-2.0

/// Thrown inside a build whose sources are no longer what its key was made from: people save files while the
/// lab builds, and an artifact must never be kept under the key of something else.
struct SourcesChanged: Error {
    /// Does `body` again while sources change under it.
    ///
    /// - Parameter subject: What is built, for the error.
    /// - Throws: What `body` throws; ``ArtifactError`` when the sources do not come to rest.
    static func retrying<Result>(
        _ subject: String, progress: BuildProgress, _ body: () async throws -> Result
    ) async throws -> Result {
        for _ in 0..<8 {
            do {
                return try await body()
            } catch is SourcesChanged {
                progress.line("Files of \(subject) changed while it was built: building it again.")
            }
        }
        throw ArtifactError(
            .invalidInput, action: "build from files that change", subject: subject,
            reason: "Its files changed during each of eight builds.",
            remedy: "See to it that nothing writes to them, and try again.")
    }
}
