/// Collects the entries of one mapping: refuses duplicate keys, and applies merge keys
/// (https://yaml.org/type/merge.html) once every key of the mapping itself is known, because those win.
struct MappingBuilder {
  private var entries: [Node.Entry] = []
  private var places: [String: Mark] = [:]
  private var merges: [Node] = []

  mutating func add(_ key: Node, _ value: Node, _ problems: inout [YAMLError]) {
    guard let scalar = key.scalar else {
      problems.append(YAMLError(.unsupportedKey, at: key.start, "a list or mapping cannot be a key; expected text"))
      return
    }
    if scalar == Scalar("<<") {
      merges.append(value)
    } else if let first = places[scalar.text] {
      let related = YAMLError.Related(mark: first, note: "first given here")
      problems.append(YAMLError(.duplicateKey, at: key.start, "duplicate key '\(scalar.text)'", related: related))
    } else {
      places[scalar.text] = key.start
      entries.append(Node.Entry(key: key, value: value))
    }
  }

  mutating func finish(_ problems: inout [YAMLError]) -> [Node.Entry] {
    for source in merges.flatMap({ $0.sequence ?? [$0] }) {
      guard let merged = source.mapping else {
        problems.append(YAMLError(.unsupportedMerge, at: source.start, "merge key '<<' takes a mapping or a list of mappings"))
        continue
      }
      for entry in merged where places[entry.name] == nil {
        places[entry.name] = entry.key.start
        entries.append(entry)
      }
    }
    return entries
  }
}
