import Configuration
import YAML

/// Descriptors that say `like: NAME` have all that NAME has, but for what they say themselves.
struct Likeness {
  /// Values that are taken whole: a message or a match made of two would be neither.
  private static let whole: Set<String> = ["match", "message", "await", "send", "template", "body", "word", "when", "if"]

  /// Every descriptor by name, as it is written.
  let nodes: [String: Node]

  /// The node with what it has from others: mappings are joined key by key, anything else is replaced, and `null` takes a key away.
  func resolved(_ node: Node, _ place: Place, _ reader: inout Reader, seen: Set<String> = []) -> Node {
    guard let like = node.entry("like"), let name = like.value.text else { return node }
    guard let base = nodes[name] else {
      let suggestion = Suggestion.nearest(to: name, among: nodes.keys)
      reader.error("unknown vendor '\(Quote.plain(name))' in \(place.owner)", at: like.value.start, suggestion: suggestion)
      return node
    }
    guard !seen.contains(name) else {
      reader.error("'like' in \(place.owner) leads back to '\(Quote.plain(name))'", at: like.value.start)
      return node
    }
    return Self.merged(resolved(base, place, &reader, seen: seen.union([name])), node)
  }

  static func merged(_ base: Node, _ own: Node) -> Node {
    guard let inherited = base.mapping, let given = own.mapping else { return own }
    var entries = inherited
    for entry in given {
      let index = entries.firstIndex { $0.name == entry.name }
      if entry.value.scalar?.isNull ?? false {
        if let index { entries.remove(at: index) }
      } else if let index {
        let value = whole.contains(entry.name) ? entry.value : merged(entries[index].value, entry.value)
        entries[index] = Node.Entry(key: entry.key, value: value)
      } else {
        entries.append(entry)
      }
    }
    return Node(.mapping(entries), start: own.start, end: own.end)
  }
}
