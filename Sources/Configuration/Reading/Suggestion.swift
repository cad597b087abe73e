/// What somebody probably meant.
public enum Suggestion {
  /// The candidate nearest to a word, unless even that is so far away that it would only confuse.
  public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let folded = fold(word)
    let limit = max(1, folded.count / 3)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let other = fold(candidate)
      guard abs(other.count - folded.count) <= limit else { continue }
      let distance = distance(folded, other)
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
  }

  /// `sessionLength`, `session-length` and `SESSION_LENGTH` are all meant for `session_length`.
  private static func fold(_ word: String) -> [Character] {
    word.prefix(80).lowercased().filter { $0 != "_" && $0 != "-" }
  }

  /// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost one each.
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let substitution = last[column] + (left[row] == right[column] ? 0 : 1)
        var cost = min(last[column + 1] + 1, current[column] + 1, substitution)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
