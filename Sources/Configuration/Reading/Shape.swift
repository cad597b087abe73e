/// The form of a value, as far as a JSON Schema can tell it.
public indirect enum Shape: Sendable {
  case boolean
  case integer(ClosedRange<Int>?)
  case number
  /// Text; the pattern is an ECMA 262 regular expression over the whole of it.
  case text(pattern: String?)
  /// One of these words.
  case choice([String])
  case list(Shape, atLeast: Int)
  /// A mapping whose keys are names of the user's choosing.
  case map(Shape, keyPattern: String?)
  case section(name: String, @Sendable () -> SectionShape)
  case any([Shape])
  /// Anything: described elsewhere.
  case anything
}

/// A section without its type: what schema and reference page are made from.
public struct SectionShape: Sendable {
  public struct Field: Sendable {
    public let key: String
    public let typeName: String
    public let shape: Shape
    public let isRequired: Bool
    public let defaultText: String?
    public let documentation: String
    public let availability: Availability
  }

  public let name: String
  public let documentation: String
  public let fields: [Field]
  public let rules: [SectionRule]
}

extension SectionDescription {
  /// - Parameter defaults: The value whose fields are shown as defaults.
  public func shape(defaults: Owner) -> SectionShape {
    SectionShape(
      name: name, documentation: documentation,
      fields: fields.map { field in
        SectionShape.Field(
          key: field.key, typeName: field.typeName, shape: field.shape, isRequired: field.isRequired,
          defaultText: field.defaultText(defaults), documentation: field.documentation, availability: field.availability)
      },
      rules: rules)
  }
}
