// SPDX-License-Identifier: Apache-2.0

/// Error numbers of Linux by the names people know them by (errno(3)); the same on host and guest.
public enum ErrorName {
    private static let numbers: [String: Int32] = [
        "EPERM": 1, "ENOENT": 2, "ESRCH": 3, "EINTR": 4, "EIO": 5, "ENXIO": 6, "E2BIG": 7, "ENOEXEC": 8,
        "EBADF": 9, "ECHILD": 10, "EAGAIN": 11, "ENOMEM": 12, "EACCES": 13, "EFAULT": 14, "EBUSY": 16,
        "EEXIST": 17, "ENODEV": 19, "EINVAL": 22, "ENFILE": 23, "EMFILE": 24, "EFBIG": 27, "ENOSPC": 28,
        "EROFS": 30, "ERANGE": 34, "EDEADLK": 35, "ENOSYS": 38, "EOVERFLOW": 75, "EOPNOTSUPP": 95,
        "ETIMEDOUT": 110, "EKEYREJECTED": 129,
    ]

    /// All names that there are.
    public static var all: [String] { numbers.keys.sorted() }

    /// The number of that name.
    public static func number(_ name: String) -> Int32? { numbers[name] }

    /// The name of that number, or its digits when it has none here.
    public static func name(_ number: Int32) -> String {
        numbers.first { $0.value == number }?.key ?? "error \(number)"
    }
}
