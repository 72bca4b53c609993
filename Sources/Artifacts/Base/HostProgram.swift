// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Programs installed on the host.
public enum HostProgram {
    /// Where a program is in `$PATH`, /usr/sbin and /sbin; `nil` when it is not installed.
    public static func find(_ name: String) -> FilePath? { Files.program(name) }
}
