// SPDX-License-Identifier: Apache-2.0

/// One line of a kernel stack trace: `function+0x12/0x34 [module]`.
public struct StackFrame: Sendable, Equatable {
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

    /// A frame of these parts.
    public init(
        function: String, symbol: String? = nil, offset: UInt64? = nil, size: UInt64? = nil,
        module: String? = nil, isReliable: Bool = true
    ) {
        self.function = function
        self.symbol = symbol ?? function
        self.offset = offset
        self.size = size
        self.module = module
        self.isReliable = isReliable
    }
}
