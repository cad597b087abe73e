import YAML

/// How a value is written in the file: reading it, its schema, its name in the reference page, and writing it back as a default.
public struct ValueType<Value: Sendable>: Sendable {
  /// Reads a node; says what is wrong and returns nil where it cannot.
  /// `current` is what the value was before: a default, or what a base section said. Sections start from it.
  public typealias Read = @Sendable (_ node: Node, _ place: Place, _ current: Value?, _ reader: inout Reader) -> Value?

  /// Short, for the reference page: `duration`, `list of text`.
  public let name: String
  public let shape: Shape
  public let read: Read
  /// As YAML on one line; nil where there is nothing worth showing.
  public let write: @Sendable (Value) -> String?

  public init(_ name: String, shape: Shape, write: @escaping @Sendable (Value) -> String? = { _ in nil }, read: @escaping Read) {
    self.name = name
    self.shape = shape
    self.read = read
    self.write = write
  }

  /// A value that is one word.
  ///
  /// - Parameters:
  ///   - expected: Completes `must be ...`: `a duration such as 250ms, 30s, 5m, 1h or 1d`.
  ///   - parse: Returns nil for what is not such a value.
  public static func scalar(
    _ name: String, expected: String, shape: Shape, write: @escaping @Sendable (Value) -> String? = { _ in nil },
    parse: @escaping @Sendable (Scalar) -> Value?
  ) -> ValueType {
    ValueType(name, shape: shape, write: write) { node, place, _, reader in
      if let scalar = node.scalar, !scalar.isNull, let value = parse(scalar) { return value }
      reader.mismatch(node, at: place, expected: expected)
      return nil
    }
  }

  /// The same with a further demand.
  ///
  /// - Parameter problem: Returns what is wrong, to complete the place: `must not be empty`.
  public func checked(_ problem: @escaping @Sendable (Value) -> String?) -> ValueType {
    ValueType(name, shape: shape, write: write) { node, place, current, reader in
      guard let value = read(node, place, current, &reader) else { return nil }
      guard let problem = problem(value) else { return value }
      reader.error("\(place.phrase) \(problem)", at: node.start)
      return nil
    }
  }

  /// The same form holding another type.
  public func map<Other: Sendable>(
    named name: String? = nil, _ convert: @escaping @Sendable (Value) -> Other, back: @escaping @Sendable (Other) -> Value?
  ) -> ValueType<Other> {
    ValueType<Other>(name ?? self.name, shape: shape, write: { back($0).flatMap(write) }) { node, place, current, reader in
      read(node, place, current.flatMap(back), &reader).map(convert)
    }
  }

  /// Another way to write the value, for nodes of another form than this type's: `{env: NAME}` beside a plain word.
  /// - Parameter accepts: Whether a node is meant in the other way.
  public func or(_ other: ValueType, when accepts: @escaping @Sendable (Node) -> Bool) -> ValueType {
    ValueType("\(name) or \(other.name)", shape: .any([shape, other.shape]), write: { write($0) ?? other.write($0) }) {
      node, place, current, reader in
      accepts(node) ? other.read(node, place, current, &reader) : read(node, place, current, &reader)
    }
  }
}
