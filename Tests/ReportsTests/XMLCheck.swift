// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Counts the elements of a document, and throws where it is not well-formed.
final class XMLCheck: NSObject, XMLParserDelegate {
    private var counts: [String: Int] = [:]

    func elements(of data: Data) throws -> [String: Int] {
        let parser = XMLParser(data: data)
        parser.delegate = self
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
        return counts
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) { counts[name, default: 0] += 1 }
}
