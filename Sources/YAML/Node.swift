/// A value of a YAML document and where it stands. Equality is of content: two nodes that say the same are equal wherever they stand.
public struct Node: Hashable, Sendable {
  public indirect enum Content: Hashable, Sendable {
    case scalar(Scalar)
    case sequence([Node])
    /// In the order of the document, without duplicates, merge keys (`<<`) already resolved.
    case mapping([Entry])
  }

  /// One key with its value.
  public struct Entry: Hashable, Sendable {
    /// Always a scalar.
    public var key: Node
    public var value: Node

    public init(key: Node, value: Node) {
      self.key = key
      self.value = value
    }

    /// The text of the key.
    public var name: String { key.text ?? "" }
  }

  public var content: Content
  /// The first character. What came through an alias stands where its anchor is.
  public var start: Mark
  /// The place after the last character.
  public var end: Mark

  public init(_ content: Content, start: Mark, end: Mark) {
    self.content = content
    self.start = start
    self.end = end
  }

  public static func == (left: Node, right: Node) -> Bool { left.content == right.content }

  public func hash(into hasher: inout Hasher) { hasher.combine(content) }

  public var scalar: Scalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  /// The text of a scalar, whatever its type.
  public var text: String? { scalar?.text }

  public var sequence: [Node]? {
    if case .sequence(let nodes) = content { nodes } else { nil }
  }

  public var mapping: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// The value of a key; nil where there is none, or this is no mapping.
  public subscript(key: String) -> Node? { entry(key)?.value }

  /// The entry of a key; nil where there is none, or this is no mapping.
  public func entry(_ key: String) -> Entry? { mapping?.first { $0.name == key } }

  /// The node at the end of a path of keys.
  public func descendant(_ path: [String]) -> Node? {
    path.reduce(self as Node?) { node, key in node?[key] }
  }
}
