// SPDX-License-Identifier: Apache-2.0

import LabEngine
import Synchronization

/// For somebody who presses Ctrl-C twice: ends the guests without waiting for anything.
final class Emergency: Sendable {
    private let lab = Mutex<Lab?>(nil)

    /// Names the lab whose guests are to be ended.
    func watch(_ lab: Lab) { self.lab.withLock { $0 = lab } }

    /// Ends them.
    func killAll() { lab.withLock { $0 }?.killAll() }
}
