// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The options a variant asks for: base.config, then the variant's own fragment, the later one winning.
struct KernelConfiguration: Sendable {
    /// One option as asked for.
    struct Request: Sendable, Hashable {
        /// As in `CONFIG_SMP`.
        let name: String
        /// What follows the equals sign; `n` for `# CONFIG_X is not set`.
        let value: String
        let fragment: FilePath

        var line: String { value == "n" ? "# \(name) is not set" : "\(name)=\(value)" }
    }

    let variant: String
    /// In the order of the fragments, each option once.
    let requests: [Request]

    /// Reads the fragments of a variant.
    ///
    /// - Throws: ``ArtifactError`` with `notFound` for a variant without a fragment, `invalidInput` for a
    ///   line that is neither an option nor a comment.
    init(variant: String, home: LabHome) throws {
        let folder = home.kernelImages.appending("config")
        let own = folder.appending("\(variant).config")
        guard variant != "base", !variant.contains("/"), Files.exists(own) else {
            throw ArtifactError(
                .notFound, action: "configure a kernel", subject: variant,
                reason: "There is no such variant; there are"
                    + " \(try Self.variants(home: home).joined(separator: ", ")).",
                remedy: "Choose one of these with --variant.")
        }
        try self.init(variant: variant, fragments: [folder.appending("base.config"), own])
    }

    init(variant: String, fragments: [FilePath]) throws {
        self.variant = variant
        var last: [String: Request] = [:]
        var order: [String] = []
        for fragment in fragments {
            for (index, line) in try Files.text(fragment, limit: 1 << 20)
                .split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            {
                guard let request = try Self.parse(line, fragment: fragment, number: index + 1) else {
                    continue
                }
                if last[request.name] == nil { order.append(request.name) }
                last[request.name] = request
            }
        }
        requests = order.compactMap { last[$0] }
    }

    /// The variants there are, sorted.
    static func variants(home: LabHome) throws -> [String] {
        try Files.names(in: home.kernelImages.appending("config"))
            .filter { $0.hasSuffix(".config") && $0 != "base.config" }.map { String($0.dropLast(7)) }
    }

    /// What `KCONFIG_ALLCONFIG` reads.
    var text: String { requests.map { $0.line + "\n" }.joined() }

    private static func parse(_ line: Substring, fragment: FilePath, number: Int) throws -> Request? {
        let line = line.trimmingSpaces
        if line.isEmpty { return nil }
        if line.hasPrefix("#") {
            // "# CONFIG_X is not set" is how .config says no.
            let words = line.dropFirst().split(separator: " ")
            guard words.count == 4, words[0].hasPrefix("CONFIG_"), words[1...] == ["is", "not", "set"] else {
                return nil
            }
            return Request(name: String(words[0]), value: "n", fragment: fragment)
        }
        let parts = line.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0].hasPrefix("CONFIG_"), !parts[0].contains(" ") else {
            throw ArtifactError(
                .invalidInput, action: "read a kernel configuration fragment",
                subject: "\(fragment):\(number)",
                reason: "The line `\(line)` is not of the form CONFIG_NAME=value.",
                remedy: "Correct it, or make it a comment.")
        }
        return Request(name: String(parts[0]), value: String(parts[1]), fragment: fragment)
    }

    /// Demands that every option asked for is literally in the final `.config`.
    ///
    /// Kconfig drops what depends on something that is off without a word; a debug kernel without KASAN
    /// would then pass every test.
    ///
    /// - Throws: ``ArtifactError`` with `optionsRefused`.
    func verify(finalConfig text: String) throws {
        var found: [String: String] = [:]
        for line in text.split(separator: "\n") {
            if let request = try? Self.parse(line, fragment: "", number: 0) {
                found[request.name] = request.line
            }
        }
        let refused = requests.compactMap { request -> RefusedOption? in
            let actual = found[request.name]
            // An option that is off may be unknown because what it depends on is off.
            if actual == request.line || (request.value == "n" && actual == nil) { return nil }
            return RefusedOption(
                wanted: request.value == "n" ? "\(request.name)=n" : request.line, found: actual,
                fragment: request.fragment)
        }
        guard !refused.isEmpty else { return }
        throw ArtifactError(
            .optionsRefused(refused), action: "configure a kernel", subject: variant,
            reason: "Kconfig did not take \(refused.count) of the options asked for:\n"
                + refused.map { "  \($0)\n" }.joined(),
            remedy: "Turn on what they depend on (`make menuconfig`, / finds it), or remove them"
                + " from the fragment.")
    }
}
