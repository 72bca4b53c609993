// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP: the first cancels the work, which then takes its guests and compilers down; a
/// second one does not wait for that.
enum Interruption {
    /// The shell's convention for a program that a signal ended: 128 plus the signal's number.
    private static func status(_ signal: Int32) -> Int32 { 128 + signal }

    /// Does `work`, which a signal cancels.
    ///
    /// - Parameters:
    ///   - impatient: Called on the second signal, before the process ends at once.
    ///   - shield: While it is up, Ctrl-C is for a program that has the terminal, and means nothing here.
    static func guarding<Result: Sendable>(
        impatient: @escaping @Sendable () -> Void = {}, shield: InterruptionShield? = nil,
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await work() }
        let queue = DispatchQueue(label: "pacctlab.signals")
        let signals = [SIGINT, SIGTERM, SIGHUP]
        let counter = Counter()
        let sources = signals.map { number in
            // The default action would end the process before the source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if number == SIGINT, shield?.isUp == true { return }
                if counter.increment() == 1 {
                    Terminal.printError("\nstopping (once more to stop at once)\n")
                    task.cancel()
                } else {
                    impatient()
                    _exit(status(number))
                }
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in signals { signal(number, SIG_DFL) }
        }
        return try await task.value
    }
}

/// How often something happened.
private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func increment() -> Int { value.add(1, ordering: .relaxed).newValue }
}

/// Keeps Ctrl-C from ending the work while another program has the terminal.
final class InterruptionShield: Sendable {
    private let flag = Atomic<Bool>(false)

    var isUp: Bool { flag.load(ordering: .relaxed) }
    func raise() { flag.store(true, ordering: .relaxed) }
    func lower() { flag.store(false, ordering: .relaxed) }
}
