// SPDX-License-Identifier: Apache-2.0

/// Finds a small part of a list that still has a property, by trying parts of it.
///
/// The algorithm ddmin of A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
/// Transactions on Software Engineering 28 (2002), 183-200, figure 3: the list is cut into n chunks; a chunk that
/// has the property by itself, else the rest without a chunk that still has it, takes the list's place; where there is
/// none, the chunks are halved. In the end no single element can be left out any more: it is 1-minimal. That takes
/// k² + 3k tests of k elements in the worst case, and about 2 log k when one element is all that matters.
///
/// - Parameters:
///   - elements: Have the property together.
///   - test: Whether this part, in the order of the list, has it. Never asked for the whole list, nor twice for the
///     same part; nil ends the search with the smallest part that is known.
/// - Returns: A part that has the property.
/// - Throws: What `test` throws.
func deltaDebug<Element>(
    _ elements: [Element], test: ([Element]) async throws -> Bool?
) async rethrows -> [Element] {
    var kept = Array(elements.indices)
    var answers: [[Int]: Bool] = [kept: true]
    func holds(_ part: [Int]) async throws -> Bool? {
        if let known = answers[part] { return known }
        let answer = try await test(part.map { elements[$0] })
        if let answer { answers[part] = answer }
        return answer
    }
    // Nothing at all may be enough; the figure takes for granted that it is not.
    if !kept.isEmpty {
        guard let answer = try await holds([]) else { return elements }
        if answer { return [] }
    }
    var count = 2
    search: while kept.count >= 2 {
        let chunks = chunks(of: kept, count)
        for chunk in chunks {
            guard let answer = try await holds(chunk) else { break search }
            if answer {
                (kept, count) = (chunk, 2)
                continue search
            }
        }
        // With two chunks, each one's complement is the other one.
        for chunk in chunks where count > 2 {
            let rest = kept.filter { !chunk.contains($0) }
            guard let answer = try await holds(rest) else { break search }
            if answer {
                (kept, count) = (rest, max(count - 1, 2))
                continue search
            }
        }
        if count >= kept.count { break }
        count = min(kept.count, 2 * count)
    }
    return kept.map { elements[$0] }
}

/// The list cut into `count` pieces, as equally long as can be.
private func chunks(of list: [Int], _ count: Int) -> [[Int]] {
    (0..<count).map { index in
        Array(list[list.count * index / count..<list.count * (index + 1) / count])
    }
}
