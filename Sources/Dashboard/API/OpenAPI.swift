// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// The API's document, OpenAPI 3.1, made of the endpoints themselves.
enum OpenAPI {
    /// The document of these endpoints, pages left out.
    static func document(_ endpoints: [Endpoint], hasToken: Bool) throws -> String {
        var paths: [String: JSONValue] = [:]
        for endpoint in endpoints {
            guard let description = endpoint.description else { continue }
            paths[endpoint.path] = .object(["get": operation(endpoint, description)])
        }
        var document: [String: JSONValue] = [
            "openapi": "3.1.0",
            "info": [
                "title": "pacctlab", "version": "1",
                "description":
                    "Campaigns of pacctlab and their runs. Nothing can be changed here. Times are seconds since 1970.",
                "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
            ],
            "paths": .object(paths),
            "components": [
                "schemas": ["problem": problem],
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
        ]
        if hasToken { document["security"] = [["token": []]] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(JSONValue.object(document)), as: UTF8.self)
    }

    private static func operation(_ endpoint: Endpoint, _ description: Endpoint.Description) -> JSONValue {
        let parameters =
            endpoint.place.map { parameter($0, in: "path") }
            + endpoint.query.map { parameter($0, in: "query") }
        return .object([
            "operationId": .string(description.operation), "summary": .string(description.summary),
            "parameters": .array(parameters),
            "responses": [
                "200": [
                    "description": "It is there.",
                    "content": .object([description.mediaType: ["schema": description.schema]]),
                ],
                "default": [
                    "description": "It is not, or the request is wrong (RFC 9457).",
                    "content": [
                        "application/problem+json": ["schema": ["$ref": "#/components/schemas/problem"]]
                    ],
                ],
            ],
        ])
    }

    private static func parameter(_ parameter: Parameter, in place: String) -> JSONValue {
        [
            "name": .string(parameter.name), "in": .string(place),
            "description": .string(parameter.meaning), "required": .bool(parameter.isRequired),
            "schema": parameter.schema,
        ]
    }

    private static let problem: JSONValue = .record([
        "type": .text, "title": .text, "status": .count, "detail": .text,
    ])
}

extension JSONValue {
    static let text: JSONValue = ["type": "string"]
    static let flag: JSONValue = ["type": "boolean"]
    static let whole: JSONValue = ["type": "integer"]
    static let real: JSONValue = ["type": "number"]
    static let count: JSONValue = ["type": "integer", "minimum": 0]
    /// A time or a length of time.
    static let seconds: JSONValue = ["type": "number", "minimum": 0]

    static func oneOf(_ words: [String]) -> JSONValue {
        ["type": "string", "enum": .array(words.map { .string($0) })]
    }

    static func list(_ item: JSONValue) -> JSONValue { ["type": "array", "items": item] }

    /// An object with these fields and no others, unless it is open.
    static func record(
        _ fields: [String: JSONValue], optional: [String: JSONValue] = [:], isOpen: Bool = false
    ) -> JSONValue {
        [
            "type": "object", "properties": .object(fields.merging(optional) { own, _ in own }),
            "required": .array(fields.keys.sorted().map { .string($0) }),
            "additionalProperties": .bool(isOpen),
        ]
    }
}
