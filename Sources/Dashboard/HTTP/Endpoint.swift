// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import LabEngine

/// An address and its answer. The router and the API's document are made of the same ones.
struct Endpoint: Sendable {
    /// What the API's document says of an answer.
    struct Description: Sendable {
        /// Names it in programs.
        var operation: String
        /// One line.
        var summary: String
        var mediaType = "application/json"
        /// JSON Schema.
        var schema: JSONValue
    }

    /// A request that has been checked.
    struct Call: Sendable {
        /// The address as it was sent.
        var address: String
        /// Parts of the path.
        var parts: [String: String]
        var query: Query

        var campaign: String { parts[Parameter.campaign.name] ?? "" }
        var signature: String { parts[Parameter.signature.name] ?? "" }
        var run: Int64 { parts[Parameter.run.name].flatMap { Int64($0) } ?? 0 }
    }

    /// With the names of ``place`` in braces.
    var path: String
    var place: [Parameter] = []
    var query: [Parameter] = []
    /// Nil for a page.
    var description: Description?
    var answer: @Sendable (Call) async throws -> Response

    /// Lets the router answer with it.
    func register(in router: Router<BasicRequestContext>) {
        router.get(RouterPath(path)) { request, context in
            var parts: [String: String] = [:]
            for parameter in place {
                guard let value = context.parameters.get(parameter.name)?.removingPercentEncoding,
                    parameter.takes(value)
                else { throw Problem.notFound("There is nothing at this address.") }
                parts[parameter.name] = value
            }
            let query = try Query(request.uri.query, known: query, emptyIsAbsent: description == nil)
            return try await answer(Call(address: request.uri.string, parts: parts, query: query))
        }
    }
}
