import YAML

/// How a message quotes what it found.
public enum Quote {
  /// Text on one line, of bounded length, that does nothing to a terminal.
  public static func plain(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(80).map { scalar in
      scalar.properties.generalCategory == .control ? Unicode.Scalar(0xFFFD) ?? scalar : scalar
    }
    return String(String.UnicodeScalarView(shown)) + (text.unicodeScalars.count > 80 ? "…" : "")
  }

  /// What a node is, in words: `'abc'`, `the text '8080'`, `a list`.
  public static func found(_ node: Node) -> String {
    switch node.content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .scalar(let scalar):
      if scalar.isNull { return "nothing" }
      // Quotes matter only where the same characters without them would be something else.
      let isDisguised = scalar.style == .quoted && Scalar(scalar.text).core != .text(scalar.text)
      return (isDisguised ? "the text '" : "'") + plain(scalar.text) + "'"
    }
  }

  /// `'a', 'b' or 'c'`
  public static func alternatives(_ words: [String]) -> String {
    list(words.map { "'\($0)'" }, last: "or")
  }

  /// `a, b and c`
  public static func list(_ words: [String], last: String) -> String {
    guard words.count > 1, let final = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " \(last) " + final
  }
}
