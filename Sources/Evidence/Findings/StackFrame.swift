// SPDX-License-Identifier: Apache-2.0

/// One line of a kernel stack trace: `function+0x12/0x34 [module]`.
public struct StackFrame: Sendable, Equatable {
    /// A function that the compiler put into the one of the frame.
    public struct Inlined: Sendable, Equatable, Codable {
        /// Its name.
        public var function: String
        /// Source file and line in it, as in `tasks.c:118`; nil where that is not known.
        public var location: String?

        /// A function, and where in it.
        public init(function: String, location: String? = nil) {
            (self.function, self.location) = (function, location)
        }
    }

    /// The function, without suffixes such as `.cold` or `.isra.0`.
    public var function: String
    /// The symbol as the kernel printed it, suffixes included: what a symbol table lists.
    public var symbol: String
    /// Distance from the start of the symbol, bytes; nil when it was not printed.
    public var offset: UInt64?
    /// Size of the symbol, bytes; nil when it was not printed.
    public var size: UInt64?
    /// The module it belongs to, nil for the kernel itself.
    public var module: String?
    /// Whether the unwinder was sure; a frame printed with `?` was merely found on the stack.
    public var isReliable: Bool
    /// Source file and line in ``function``, as in `tasks.c:118`; nil until somebody who has debug information finds it.
    public var location: String?
    /// What was inlined where the frame is, innermost first: each calls the one before it, and ``function`` the last one.
    public var inlined: [Inlined]

    /// A frame of these parts.
    public init(
        function: String, symbol: String? = nil, offset: UInt64? = nil, size: UInt64? = nil,
        module: String? = nil, isReliable: Bool = true, location: String? = nil, inlined: [Inlined] = []
    ) {
        self.function = function
        self.symbol = symbol ?? function
        self.offset = offset
        self.size = size
        self.module = module
        self.isReliable = isReliable
        self.location = location
        self.inlined = inlined
    }
}

extension StackFrame: Codable {
    private enum CodingKeys: String, CodingKey {
        case function, symbol, offset, size, module, isReliable, location, inlined
    }

    /// Reads a frame; what is missing in it has the value that `init` gives it.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            function: try values.decode(String.self, forKey: .function),
            symbol: try values.decodeIfPresent(String.self, forKey: .symbol),
            offset: try values.decodeIfPresent(UInt64.self, forKey: .offset),
            size: try values.decodeIfPresent(UInt64.self, forKey: .size),
            module: try values.decodeIfPresent(String.self, forKey: .module),
            isReliable: try values.decodeIfPresent(Bool.self, forKey: .isReliable) ?? true,
            location: try values.decodeIfPresent(String.self, forKey: .location),
            inlined: try values.decodeIfPresent([Inlined].self, forKey: .inlined) ?? [])
    }

    /// Writes what says something: a stack has dozens of frames.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(function, forKey: .function)
        if symbol != function { try values.encode(symbol, forKey: .symbol) }
        try values.encodeIfPresent(offset, forKey: .offset)
        try values.encodeIfPresent(size, forKey: .size)
        try values.encodeIfPresent(module, forKey: .module)
        if !isReliable { try values.encode(isReliable, forKey: .isReliable) }
        try values.encodeIfPresent(location, forKey: .location)
        if !inlined.isEmpty { try values.encode(inlined, forKey: .inlined) }
    }
}
