// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Addresses of pages. They stay as they are: people send them to each other.
enum Address {
    static let campaigns = "/"

    static func campaign(_ id: String) -> String { "/campaigns/\(encoded(id))" }
    static func versions(_ campaign: String) -> String { Address.campaign(campaign) + "/versions" }
    static func run(_ campaign: String, _ run: Int64) -> String {
        Address.campaign(campaign) + "/runs/\(run)"
    }
    static func signature(_ campaign: String, _ signature: String) -> String {
        Address.campaign(campaign) + "/signatures/\(encoded(signature))"
    }

    /// Runs of a campaign that have these values.
    static func runs(_ campaign: String, _ values: [(Parameter, String?)] = []) -> String {
        let query = values.compactMap { parameter, value in
            value.map { "\(parameter.name)=\(encoded($0))" }
        }
        let base = Address.campaign(campaign) + "/runs"
        return query.isEmpty ? base : base + "?" + query.joined(separator: "&")
    }

    /// A segment of a path, or a value: everything is encoded but what RFC 3986 (2.3) calls unreserved.
    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
