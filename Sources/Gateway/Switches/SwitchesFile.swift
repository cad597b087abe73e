/// The file that turns routes off while the gateway runs: the path of a route on each line, or `all`.
///
/// Empty lines and what follows a `#` say nothing. A line may begin with `- ` and have quotes, so that a YAML list is one, too.
struct SwitchesFile: Equatable, Sendable {
  /// Whether everything is off.
  var isAllOff = false
  /// Paths as the route table has them.
  var routes: Set<String> = []
  /// Lines that say nothing known, as `line 3: 'al' is neither a path nor 'all'`. The others hold all the same.
  var problems: [String] = []

  init(_ text: String) {
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let word = Self.word(line)
      if word.isEmpty { continue }
      if word == "all" {
        isAllOff = true
      } else if word.hasPrefix("/"), word.utf8.count <= 1_024 {
        routes.insert(String(word))
      } else {
        problems.append("line \(index + 1): '\(word.prefix(40))' is neither a path nor 'all'")
      }
    }
  }

  private static func word(_ line: Substring) -> Substring {
    func trimmed(_ text: Substring) -> Substring {
      func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
      let start = text.drop(while: isBlank)
      return start.lastIndex { !isBlank($0) }.map { start[...$0] } ?? ""
    }
    var word = trimmed(line)
    if word.hasPrefix("- ") { word = trimmed(word.dropFirst(2)) }
    if let quote = word.first, quote == "\"" || quote == "'" {
      let inner = word.dropFirst()
      guard let end = inner.firstIndex(of: quote) else { return word }
      let rest = trimmed(inner[inner.index(after: end)...])
      return rest.isEmpty || rest.hasPrefix("#") ? inner[..<end] : word
    }
    let end = word.indices.first { word[$0] == "#" && ($0 == word.startIndex || word[word.index(before: $0)].isWhitespace) }
    return trimmed(word[..<(end ?? word.endIndex)])
  }
}
