// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong.
public struct Finding: Sendable, Codable, Equatable {
    /// What kind of thing; `class` in JSON.
    public var crashClass: CrashClass
    /// One line for people, in the form syzkaller gives its titles where it has one.
    public var title: String
    /// The function to look at first, nil when nothing names one.
    public var function: String?
    /// Names the bug: the same for the same bug in another boot, on another CPU, at another address.
    public var signature: String
    /// Source file and line, as in `tasks.c:118`; nil until somebody who has debug information finds it.
    public var location: String?
    /// The rule of the module's authors that it breaks, in their words; nil when it breaks none.
    public var rule: String?
    /// How many times it was seen.
    public var count: Int
    /// Lines that show it.
    public var evidence: [String]
    /// Titles of what came after it and may well be its consequence.
    public var consequences: [String]
    /// Call stack of the guilty context, innermost first; empty when there is none, as in reports of older versions.
    public var frames: [StackFrame]

    private enum CodingKeys: String, CodingKey {
        case crashClass = "class"
        case title, function, signature, location, rule, count, evidence, consequences, frames
    }

    /// A finding of these parts.
    ///
    /// - Parameter signature: nil makes one from class, function and title.
    public init(
        crashClass: CrashClass, title: String, function: String? = nil, signature: String? = nil,
        location: String? = nil, rule: String? = nil, count: Int = 1, evidence: [String] = [],
        consequences: [String] = [], frames: [StackFrame] = []
    ) {
        self.crashClass = crashClass
        self.title = title
        self.function = function
        self.signature = signature ?? Signature.of(crashClass, function: function, title: title)
        self.location = location
        self.rule = rule
        self.count = count
        self.evidence = evidence
        self.consequences = consequences
        self.frames = frames
    }

    /// Reads a finding; what is missing in it has the value that `init` gives it.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            crashClass: try values.decode(CrashClass.self, forKey: .crashClass),
            title: try values.decode(String.self, forKey: .title),
            function: try values.decodeIfPresent(String.self, forKey: .function),
            signature: try values.decodeIfPresent(String.self, forKey: .signature),
            location: try values.decodeIfPresent(String.self, forKey: .location),
            rule: try values.decodeIfPresent(String.self, forKey: .rule),
            count: try values.decodeIfPresent(Int.self, forKey: .count) ?? 1,
            evidence: try values.decodeIfPresent([String].self, forKey: .evidence) ?? [],
            consequences: try values.decodeIfPresent([String].self, forKey: .consequences) ?? [],
            frames: try values.decodeIfPresent([StackFrame].self, forKey: .frames) ?? [])
    }
}
