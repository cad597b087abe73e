/// Builds nodes from events: anchors, aliases, tags, merge keys and duplicate keys are settled here, and the limits kept.
struct Composer: ~Copyable {
  /// A node with what it costs wherever an alias repeats it.
  private struct Composed {
    var node: Node
    /// Nodes in it, itself included.
    var size: Int
    /// Levels of collections in it.
    var depth: Int
  }

  /// Problems that reading could go past.
  private(set) var problems: [YAMLError] = []

  private var events: EventParser
  private let limits: Loader.Limits
  private var anchors: [String: Composed] = [:]
  private var open: Set<String> = []
  private var nodes = 0
  private var aliases = 0

  init(_ events: consuming EventParser, limits: Loader.Limits) {
    self.events = events
    self.limits = limits
  }

  /// The only document of the stream.
  mutating func document() throws(YAMLError) -> Node {
    _ = try events.next()
    let first = try events.next()
    guard case .documentStart = first.content else { throw YAMLError(.empty, at: .start, "the text has no YAML document") }
    let root = try compose(try events.next(), depth: 0).node
    _ = try events.next()
    let last = try events.next()
    guard case .streamEnd = last.content else {
      throw YAMLError(.severalDocuments, at: last.start, "a second YAML document begins here; expected one")
    }
    return root
  }

  private mutating func compose(_ event: EventParser.Event, depth: Int) throws(YAMLError) -> Composed {
    if case .alias(let name) = event.content { return try expand(name, at: event.start, depth: depth) }
    try count(1, at: event.start)
    if let anchor = event.anchor { open.insert(anchor) }

    var composed: Composed
    switch event.content {
    case .scalar(let text, let isPlain):
      composed = Composed(node: scalar(text, isPlain: isPlain, event), size: 1, depth: 0)
    case .sequenceStart:
      checkTag(event, expected: "seq")
      composed = try sequence(from: event, depth: depth + 1)
    default:
      checkTag(event, expected: "map")
      composed = try mapping(from: event, depth: depth + 1)
    }
    if let anchor = event.anchor {
      open.remove(anchor)
      anchors[anchor] = composed
    }
    return composed
  }

  private mutating func sequence(from event: EventParser.Event, depth: Int) throws(YAMLError) -> Composed {
    try check(depth: depth, at: event.start)
    var items: [Node] = []
    var whole = Composed(node: Node(.sequence([]), start: event.start, end: event.end), size: 1, depth: 1)
    while true {
      let next = try events.next()
      if case .sequenceEnd = next.content {
        whole.node = Node(.sequence(items), start: event.start, end: next.end)
        return whole
      }
      let item = try compose(next, depth: depth)
      items.append(item.node)
      whole.size += item.size
      whole.depth = max(whole.depth, item.depth + 1)
    }
  }

  private mutating func mapping(from event: EventParser.Event, depth: Int) throws(YAMLError) -> Composed {
    try check(depth: depth, at: event.start)
    var mapping = MappingBuilder()
    var whole = Composed(node: Node(.mapping([]), start: event.start, end: event.end), size: 1, depth: 1)
    while true {
      let next = try events.next()
      if case .mappingEnd = next.content {
        whole.node = Node(.mapping(mapping.finish(&problems)), start: event.start, end: next.end)
        return whole
      }
      let key = try compose(next, depth: depth)
      let value = try compose(try events.next(), depth: depth)
      mapping.add(key.node, value.node, &problems)
      whole.size += key.size + value.size
      whole.depth = max(whole.depth, key.depth + 1, value.depth + 1)
    }
  }

  private mutating func expand(_ name: String, at mark: Mark, depth: Int) throws(YAMLError) -> Composed {
    guard !open.contains(name) else { throw YAMLError(.recursiveAlias, at: mark, "alias '*\(name)' stands inside its own anchor") }
    guard let composed = anchors[name] else {
      throw YAMLError(.unknownAnchor, at: mark, "alias '*\(name)' has no anchor '&\(name)' before it")
    }
    aliases += 1
    guard aliases <= limits.aliases else { throw YAMLError(.tooManyAliases, at: mark, "more than \(limits.aliases) aliases") }
    try count(composed.size, at: mark)
    try check(depth: depth + composed.depth, at: mark)
    return composed
  }

  private mutating func count(_ size: Int, at mark: Mark) throws(YAMLError) {
    nodes += size
    guard nodes <= limits.nodes else { throw YAMLError(.tooManyNodes, at: mark, "more than \(limits.nodes) values, aliases expanded") }
  }

  private func check(depth: Int, at mark: Mark) throws(YAMLError) {
    guard depth <= limits.depth else { throw YAMLError(.tooDeep, at: mark, "nested deeper than \(limits.depth) levels") }
  }

  private mutating func scalar(_ text: String, isPlain: Bool, _ event: EventParser.Event) -> Node {
    var scalar = Scalar(text, style: isPlain ? .plain : .quoted)
    switch event.tag {
    case nil: break
    case "!", Self.tag("str"): scalar.style = .quoted
    case let tag?:
      // `!!int "5"` is the integer 5: the tag decides, not the quotes.
      scalar.style = .plain
      if !Self.fits(scalar.core, tag) {
        problems.append(
          YAMLError(.unsupportedTag, at: event.start, "tag '\(Self.short(tag))' does not fit this value, or is not supported"))
      }
    }
    return Node(.scalar(scalar), start: event.start, end: event.end)
  }

  private static func fits(_ value: Scalar.Core, _ tag: String) -> Bool {
    switch value {
    case .null: tag == Self.tag("null")
    case .boolean: tag == Self.tag("bool")
    case .integer: tag == Self.tag("int") || tag == Self.tag("float")
    case .number: tag == Self.tag("float")
    case .text: false
    }
  }

  private mutating func checkTag(_ event: EventParser.Event, expected: String) {
    guard let tag = event.tag, tag != "!", tag != Self.tag(expected) else { return }
    problems.append(YAMLError(.unsupportedTag, at: event.start, "tag '\(Self.short(tag))' is not supported"))
  }

  private static func tag(_ name: String) -> String { "tag:yaml.org,2002:\(name)" }

  private static func short(_ tag: String) -> String {
    tag.hasPrefix(Self.tag("")) ? "!!" + tag.dropFirst(Self.tag("").count) : tag
  }
}
