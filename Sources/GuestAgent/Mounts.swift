// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The file systems of the guest. `/proc` is there already, see guest.c.
enum Mounts {
    private static let table: [(type: String, path: String)] = [
        ("devtmpfs", "/dev"),
        ("sysfs", "/sys"),
        ("tmpfs", "/tmp"),
        ("tmpfs", "/run"),
        ("devpts", "/dev/pts"),
        ("tmpfs", "/dev/shm"),
        ("debugfs", "/sys/kernel/debug"),
        ("tracefs", "/sys/kernel/tracing"),
        ("cgroup2", "/sys/fs/cgroup"),
    ]

    /// Mounts all that the kernel has. What it lacks is left out: a step that needs it says so.
    static func mountAll() {
        for (type, path) in table {
            mkdir(path, 0o755)
            mount(type, path, type, 0, nil)
        }
    }
}
