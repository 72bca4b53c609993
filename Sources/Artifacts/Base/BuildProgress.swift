// SPDX-License-Identifier: Apache-2.0

/// What a build tells while it works.
public enum BuildEvent: Sendable, Hashable {
    /// A new phase begins, as in "compile kernel release".
    case phase(String)
    /// How far the current phase is, in units of its own (files, bytes). `total` may be an estimate
    /// that is too low; `done` never goes back within a phase.
    case step(done: Int, total: Int)
    /// A line worth showing or logging: a notice of ours, or a program's output.
    case line(String)
}

/// Where build events go. The callback is called from any thread, in order within one build.
public struct BuildProgress: Sendable {
    /// Takes one event; must return quickly, since the build waits.
    public let report: @Sendable (BuildEvent) -> Void

    /// Sends events to `report`.
    public init(_ report: @escaping @Sendable (BuildEvent) -> Void) { self.report = report }

    /// Tells nobody.
    public static let silent = BuildProgress { _ in }

    /// The same events as a stream, for a consumer that prefers to pull. The stream ends when `finish`
    /// is called; events that nobody has taken are kept, since a build makes some thousands at most.
    public static func stream() -> (BuildProgress, AsyncStream<BuildEvent>, finish: @Sendable () -> Void) {
        let (stream, continuation) = AsyncStream.makeStream(of: BuildEvent.self)
        return (BuildProgress { continuation.yield($0) }, stream, { continuation.finish() })
    }

    func phase(_ name: String) { report(.phase(name)) }
    func step(_ done: Int, of total: Int) { report(.step(done: done, total: total)) }
    func line(_ text: String) { report(.line(text)) }
}
