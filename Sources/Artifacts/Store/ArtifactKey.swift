// SPDX-License-Identifier: Apache-2.0

/// What an artifact is made from: ordered, named inputs, and their hash.
///
/// Two artifacts of one kind are the same exactly when their keys are. Everything that can change the result
/// must be an input: sources, patches, options, compilers, and the version of the recipe itself.
public struct ArtifactKey: Sendable, Hashable, CustomStringConvertible {
    /// One named input.
    public struct Input: Sendable, Hashable, Codable {
        /// What it is, as in "compiler".
        public let name: String
        /// Its value or the hash of it.
        public let value: String
    }

    /// The inputs in their order.
    public let inputs: [Input]
    /// The first 32 hex digits of the SHA-256 over all names and values.
    public let hash: String

    /// Hashes the inputs.
    public init(_ inputs: [(name: String, value: String)]) throws {
        self.inputs = inputs.map { Input(name: $0.name, value: $0.value) }
        // Lengths first, so that no two lists of inputs have the same text.
        let text = inputs.map { "\($0.name.utf8.count):\($0.name)=\($0.value.utf8.count):\($0.value)\n" }
        hash = String(try Checksum.of(text.joined()).prefix(32))
    }

    /// The hash.
    public var description: String { hash }
}
