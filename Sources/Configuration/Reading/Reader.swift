import YAML

/// Reads nodes into values and collects everything there is to say about them. It never stops at the first problem:
/// what cannot be read keeps its default, and `hasErrors` tells that the result is not for use.
public struct Reader: Sendable {
  /// The file's name as diagnostics give it.
  public let file: String
  public private(set) var diagnostics: [Diagnostic] = []
  /// Where secrets stand in the file: no excerpt may show them.
  public private(set) var secrets: [Range<Mark>] = []

  /// Files that the file names, as they are to be opened: what they hold may change while the gateway runs.
  public private(set) var files: Set<String> = []

  public init(file: String) {
    self.file = file
  }

  public var hasErrors: Bool { diagnostics.hasErrors }

  public mutating func error(
    _ message: String, at mark: Mark?, suggestion: String? = nil, related: Diagnostic.Related? = nil
  ) {
    add(Diagnostic(.error, file: file, mark: mark, message, suggestion: suggestion, related: related))
  }

  public mutating func warning(
    _ message: String, at mark: Mark?, suggestion: String? = nil, related: Diagnostic.Related? = nil
  ) {
    add(Diagnostic(.warning, file: file, mark: mark, message, suggestion: suggestion, related: related))
  }

  /// Says that a value is of the wrong kind: `'dial' in timeouts of route '/a' must be a duration; found 'abc'`.
  public mutating func mismatch(_ node: Node, at place: Place, expected: String, suggestion: String? = nil) {
    error("\(place.phrase) must be \(expected); found \(Quote.found(node))", at: node.start, suggestion: suggestion)
  }

  /// A reading that found something twice, through an alias or because two sections share it, says it once.
  public mutating func add(_ diagnostic: Diagnostic) {
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }

  /// Remembers a file that the file names.
  mutating func uses(_ file: String) { files.insert(file) }

  /// Keeps a value out of every excerpt.
  public mutating func conceal(_ node: Node) {
    secrets.append(node.start..<max(node.start, node.end))
  }

  /// Reads a mapping into a section.
  ///
  /// - Parameters:
  ///   - base: The value to start from; keys that are not given keep what it says.
  ///   - isPartial: Whether required keys may be missing, because this section only changes a base that has them.
  /// - Returns: Nil where the node is no mapping.
  public mutating func read<Value: Section>(
    _ type: Value.Type = Value.self, from node: Node, at place: Place, base: Value = Value(), isPartial: Bool = false
  ) -> Value? {
    read(Value.section, from: node, at: place, base: base, isPartial: isPartial)
  }

  /// Reads a mapping by a description that is not the type's own.
  public mutating func read<Value>(
    _ section: SectionDescription<Value>, from node: Node, at place: Place, base: Value, isPartial: Bool = false
  ) -> Value? {
    guard let entries = node.mapping else {
      mismatch(node, at: place, expected: "a mapping with keys such as \(section.sampleKeys)")
      return nil
    }
    var value = base
    for entry in entries where !section.fields.contains(where: { $0.key == entry.name }) {
      unknown(entry, in: section.fields.map(\.key), elsewhere: section.elsewhere, at: place)
    }
    for field in section.fields {
      if let entry = node.entry(field.key) {
        if case .notYet(let note) = field.availability {
          warning("\(place.field(field.key).phrase) is not yet in effect\(note.isEmpty ? "" : ": \(note)")", at: entry.key.start)
        }
        field.read(&value, entry.value, place.field(field.key), &self)
      } else if field.isRequired, !isPartial {
        error("missing key '\(field.key)'\(place.owner.isEmpty ? "" : " in \(place.owner)")", at: node.start)
      }
    }
    for rule in section.rules { check(rule, node, at: place, isPartial: isPartial) }
    section.check(value, node, place, &self)
    return value
  }

  private mutating func unknown(_ entry: Node.Entry, in keys: [String], elsewhere: [String: String], at place: Place) {
    // What stands under an unknown key may be a secret that was given in the wrong way.
    if SecretName.isLikely(entry.name) || entry.value.scalar.map({ SecretName.isLikelyValue($0.text) }) ?? false {
      conceal(entry.value)
    }
    let message = "unknown key '\(Quote.plain(entry.name))'\(place.owner.isEmpty ? "" : " in \(place.owner)")"
    if let home = elsewhere[entry.name] {
      error("\(message): it belongs in \(home)", at: entry.key.start)
    } else {
      error(message, at: entry.key.start, suggestion: Suggestion.nearest(to: entry.name, among: keys + elsewhere.keys.sorted()))
    }
  }

  private mutating func check(_ rule: SectionRule, _ node: Node, at place: Place, isPartial: Bool) {
    let whole = place.owner.isEmpty ? "the file" : place.owner
    let given = rule.keys.compactMap { node.entry($0) }
    switch rule {
    case .exactlyOne(let keys) where given.isEmpty && !isPartial:
      error("\(whole) needs \(Quote.alternatives(keys))", at: node.start)
    case .exactlyOne, .atMostOne:
      guard given.count > 1 else { return }
      let related = Diagnostic.Related(mark: given[0].key.start, note: "'\(given[0].name)' is given here")
      error("\(whole) takes only one of \(Quote.alternatives(rule.keys))", at: given[1].key.start, related: related)
    case .together(let keys):
      guard !given.isEmpty, given.count < keys.count else { return }
      let missing = keys.filter { node.entry($0) == nil }.map { "'\($0)'" }
      error("\(whole) has '\(given[0].name)' and so needs \(Quote.list(missing, last: "and"))", at: given[0].key.start)
    }
  }
}
