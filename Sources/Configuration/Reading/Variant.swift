import YAML

/// One of several sections that a value may be, told apart by a key such as `type`. The section itself lists that key among its fields
/// (`Field.tag`), so that it shows in schema and reference.
public struct Variant<Value: Sendable>: Sendable {
  public let name: String
  public let availability: Availability
  let shape: @Sendable () -> SectionShape
  let sectionName: String
  let read: @Sendable (Node, Place, inout Reader) -> Value?

  public init<Part: Section>(
    _ name: String, _ type: Part.Type, availability: Availability = .now, _ wrap: @escaping @Sendable (Part) -> Value
  ) {
    self.name = name
    self.availability = availability
    sectionName = Part.section.name
    shape = { Part.section.shape(defaults: Part()) }
    read = { node, place, reader in reader.read(Part.self, from: node, at: place).map(wrap) }
  }
}

extension Field {
  /// The key that tells variants apart, as a field of the variant called `name`.
  public static func tag(_ key: String = "type", _ name: String) -> Field {
    Field(key, typeName: "`\(name)`", shape: .choice([name]), required: true, "Always `\(name)`.") { _, _, _, _ in }
  }
}

extension ValueType {
  /// A mapping whose keys depend on what one of them says.
  public static func variant(by key: String = "type", _ variants: [Variant<Value>]) -> ValueType {
    let names = variants.map(\.name)
    let shape = Shape.any(variants.map { .section(name: $0.sectionName, $0.shape) })
    return ValueType(variants.map(\.sectionName).joined(separator: " or "), shape: shape) { node, place, _, reader in
      guard node.mapping != nil else {
        reader.mismatch(node, at: place, expected: "a mapping with '\(key)'")
        return nil
      }
      guard let tag = node[key] else {
        reader.error("\(place.owner) needs '\(key)': \(Quote.alternatives(names))", at: node.start)
        return nil
      }
      guard let variant = variants.first(where: { $0.name == tag.text }) else {
        let suggestion = tag.text.flatMap { Suggestion.nearest(to: $0, among: names) }
        reader.mismatch(tag, at: place.field(key), expected: Quote.alternatives(names), suggestion: suggestion)
        return nil
      }
      if case .notYet(let note) = variant.availability {
        reader.warning("\(key) '\(variant.name)' in \(place.owner) is not yet in effect\(note.isEmpty ? "" : ": \(note)")", at: tag.start)
      }
      return variant.read(node, place, &reader)
    }
  }
}
