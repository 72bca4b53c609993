// SPDX-License-Identifier: Apache-2.0

/// A few numbers of a guest at one moment, see Sources/CGuest/include/sample.h for the format.
public struct SystemSample: Sendable, Equatable {
    private static let maxSamples = 10_000
    private static let maxValues = 100
    private static let maxName = 100

    /// When, nanoseconds of the guest's clock.
    public var time: UInt64
    /// Tasks made since boot.
    public var forks: UInt64
    /// Whether the watched module was loaded.
    public var isLoaded: Bool
    /// Whether no task was made while it was taken: numbers of objects are exact then.
    public var isQuiet: Bool
    /// Numbers by name.
    public var values: [String: UInt64]

    /// A sample.
    public init(
        time: UInt64, forks: UInt64, isLoaded: Bool, isQuiet: Bool = true, values: [String: UInt64]
    ) {
        (self.time, self.forks, self.isLoaded, self.isQuiet) = (time, forks, isLoaded, isQuiet)
        self.values = values
    }

    /// Reads what the guest has sent: the samples that are whole, in their order. Whatever bytes come, others are
    /// left out.
    public static func samples(decoding bytes: [UInt8]) -> [SystemSample] {
        var samples: [SystemSample] = []
        var open: (time: UInt64, forks: UInt64?, isLoaded: Bool?, isQuiet: Bool, values: [String: UInt64])?
        for line in bytes.split(separator: 0x0A) where line.count <= maxName + 32 {
            let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            switch (words.first, words.count) {
            case ("sample", 2): open = UInt64(words[1]).map { ($0, nil, nil, false, [:]) }
            case ("forks", 2): open?.forks = UInt64(words[1])
            case ("loaded", 2): open?.isLoaded = words[1] == "1"
            case ("quiet", 2): open?.isQuiet = words[1] == "1"
            case ("value", 3):
                guard let value = UInt64(words[2]), words[1].count <= maxName,
                    (open?.values.count ?? 0) < maxValues
                else { continue }
                open?.values[words[1]] = value
            case ("end", 1):
                if let open, let forks = open.forks, let isLoaded = open.isLoaded, samples.count < maxSamples
                {
                    samples.append(
                        SystemSample(
                            time: open.time, forks: forks, isLoaded: isLoaded, isQuiet: open.isQuiet,
                            values: open.values))
                }
                open = nil
            default: continue
            }
        }
        return samples
    }
}
