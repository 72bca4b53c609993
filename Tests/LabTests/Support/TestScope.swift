// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How much is tested: `ci/test` takes minutes, `ci/test --all` everything there is.
enum TestScope {
    /// Whether everything is to be tested.
    static let isWhole = ProcessInfo.processInfo.environment["PACCTLAB_TEST_ALL"] == "1"
}
