// SPDX-License-Identifier: Apache-2.0

import Hummingbird

/// What went wrong with a request, as a problem document (RFC 9457) or as a page.
struct Problem: Error, Equatable {
    /// The HTTP status.
    var status: HTTPResponse.Status
    /// One or two sentences for who asked.
    var detail: String
    /// Headers that belong to it.
    var headers: HTTPFields = [:]

    static func badRequest(_ detail: String) -> Problem { Problem(status: .badRequest, detail: detail) }
    static func notFound(_ detail: String) -> Problem { Problem(status: .notFound, detail: detail) }

    /// The document's fields.
    struct Document: Codable, Equatable {
        var type = "about:blank"
        var title: String
        var status: Int
        var detail: String
    }

    var document: Document {
        Document(title: status.reasonPhrase, status: status.code, detail: detail)
    }
}
