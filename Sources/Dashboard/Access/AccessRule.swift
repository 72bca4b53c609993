// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Who may see the dashboard.
public struct AccessRule: Sendable {
    /// Names by which a browser on this machine calls it.
    private static let ownNames: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// Whether it listens to this machine alone.
    let isLoopback: Bool
    let address: String
    let token: Token?

    /// The rule for who listens on `address`; without a token it must be of this machine alone.
    public init(address: String, token: Token?) {
        (self.address, self.token) = (address, token)
        isLoopback = Self.isLoopback(address)
    }

    /// Whether only processes of this machine can reach an address (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
    public static func isLoopback(_ address: String) -> Bool {
        if address == "localhost" { return true }
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, address, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        guard inet_pton(AF_INET6, address, &six) == 1 else { return false }
        return withUnsafeBytes(of: &six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }

    /// Whether a request that names this host in its header `Host` is meant for us.
    ///
    /// A page of anybody can let its own name point to 127.0.0.1 (DNS rebinding), and then ask in that name with the
    /// reader's browser. Where a token is wanted that gets it nothing: the browser keeps cookies by name.
    func knows(host: String?) -> Bool {
        guard isLoopback else { return true }
        guard let host else { return false }
        let name = Self.withoutPort(host.lowercased())
        let own = address.contains(":") ? "[\(address.lowercased())]" : address.lowercased()
        return Self.ownNames.contains(name) || name == own
    }

    private static func withoutPort(_ host: String) -> String {
        guard let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isNumber)
        else { return host }
        return String(host[..<colon])
    }
}
