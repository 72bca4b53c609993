// SPDX-License-Identifier: Apache-2.0

/// The word of `words` that `typed` was probably meant to be, or nil when none is near.
///
/// Near means an edit distance (insertions, deletions, substitutions, swaps of neighbours) of at
/// most a third of the longer word's length.
func nearestWord(to typed: String, in words: some Sequence<String>) -> String? {
    let candidates = words.map { (word: $0, distance: editDistance(typed, $0)) }
    guard let best = candidates.min(by: { ($0.distance, $0.word) < ($1.distance, $1.word) }) else {
        return nil
    }
    return best.distance * 3 <= max(typed.count, best.word.count) + 1 ? best.word : nil
}

/// Damerau-Levenshtein distance in its restricted form (optimal string alignment).
private func editDistance(_ first: String, _ second: String) -> Int {
    let a = Array(first.lowercased())
    let b = Array(second.lowercased())
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
        var row = [i]
        for j in 1...b.count {
            let cost = a[i - 1] == b[j - 1] ? 0 : 1
            var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + cost)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                best = min(best, rows[i - 2][j - 2] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
