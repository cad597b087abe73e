import YAML

/// Whether a key already does what its documentation says.
public enum Availability: Hashable, Sendable {
  case now
  /// The key is read and checked, and has no effect; `check` warns. The note may say what to use meanwhile.
  case notYet(_ note: String = "")
}

/// One key of a section: its type, its place in the value, and what the reference page says about it.
public struct Field<Owner: Sendable>: Sendable {
  public let key: String
  /// Markdown: what the key does, its unit, and the danger where there is one.
  public let documentation: String
  public let isRequired: Bool
  public let availability: Availability
  /// The name of the type for the reference page.
  public let typeName: String
  public let shape: Shape
  /// The default as it would be written in the file; nil where there is none to show.
  let defaultText: @Sendable (Owner) -> String?
  let read: @Sendable (inout Owner, Node, Place, inout Reader) -> Void

  /// A key that has a default, or must be given.
  public init<Value: Sendable>(
    _ key: String, _ path: any WritableKeyPath<Owner, Value> & Sendable, _ type: ValueType<Value>, required: Bool = false,
    availability: Availability = .now, _ documentation: String
  ) {
    self.init(
      key, typeName: type.name, shape: type.shape, required: required, availability: availability, documentation,
      defaultText: { required ? nil : type.write($0[keyPath: path]) },
      read: { owner, node, place, reader in
        if let value = type.read(node, place, owner[keyPath: path], &reader) { owner[keyPath: path] = value }
      })
  }

  /// A key that may be absent.
  public init<Value: Sendable>(
    _ key: String, _ path: any WritableKeyPath<Owner, Value?> & Sendable, _ type: ValueType<Value>, required: Bool = false,
    availability: Availability = .now, _ documentation: String
  ) {
    self.init(
      key, typeName: type.name, shape: type.shape, required: required, availability: availability, documentation,
      defaultText: { $0[keyPath: path].flatMap { required ? nil : type.write($0) } },
      read: { owner, node, place, reader in
        if let value = type.read(node, place, owner[keyPath: path], &reader) { owner[keyPath: path] = value }
      })
  }

  /// A key whose reading needs more than its own node, such as what other keys of the section said.
  public init(
    _ key: String, typeName: String, shape: Shape, required: Bool = false, availability: Availability = .now, _ documentation: String,
    defaultText: @escaping @Sendable (Owner) -> String? = { _ in nil },
    read: @escaping @Sendable (_ owner: inout Owner, _ node: Node, _ place: Place, _ reader: inout Reader) -> Void
  ) {
    self.key = key
    self.documentation = documentation
    self.isRequired = required
    self.availability = availability
    self.typeName = typeName
    self.shape = shape
    self.defaultText = defaultText
    self.read = read
  }

  var asOptional: Field {
    Field(key, typeName: typeName, shape: shape, availability: availability, documentation, defaultText: defaultText, read: read)
  }
}
