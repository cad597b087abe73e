import YAML

/// A part of a configuration file that is a mapping with known keys. The type lists its fields once; reading, the check for unknown
/// keys, the JSON Schema and the reference page follow from that list.
///
/// ```swift
/// public struct Drain: Section {
///   public var grace: Duration = .seconds(30)
///   public init() {}
///   public static let section = SectionDescription<Drain>("Drain", "What happens at shutdown.", fields: [
///     Field("grace", \.grace, .duration, "How long open sessions may still run."),
///   ])
/// }
/// ```
public protocol Section: Sendable {
  /// Every key at its default. What a required key holds here is never seen: its absence is an error.
  init()

  static var section: SectionDescription<Self> { get }
}

/// The fields of a section, and what must hold between them.
public struct SectionDescription<Owner: Sendable>: Sendable {
  /// A check that no rule expresses; it may say errors and warnings, with the section's node to take places from.
  public typealias Check = @Sendable (_ value: Owner, _ node: Node, _ place: Place, _ reader: inout Reader) -> Void

  /// Unique among the sections of a file; the heading in the reference page and the name under `$defs` in the schema.
  public let name: String
  /// What the section is for.
  public let documentation: String
  public let fields: [Field<Owner>]
  public let rules: [SectionRule]
  /// Keys that people write here and that belong elsewhere, with the name of that place: for suggestions.
  public let elsewhere: [String: String]
  let check: Check

  public init(
    _ name: String, _ documentation: String, fields: [Field<Owner>], rules: [SectionRule] = [], elsewhere: [String: String] = [:],
    check: @escaping Check = { _, _, _, _ in }
  ) {
    self.name = name
    self.documentation = documentation
    self.fields = fields
    self.rules = rules
    self.elsewhere = elsewhere
    self.check = check
  }

  /// The same section for another place in the file: without some of its keys, and without demanding any.
  public func partial(_ name: String, _ documentation: String, without keys: Set<String> = []) -> SectionDescription {
    SectionDescription(
      name, documentation, fields: fields.filter { !keys.contains($0.key) }.map(\.asOptional), elsewhere: elsewhere, check: check)
  }

  var sampleKeys: String {
    Quote.alternatives(Array(fields.map(\.key).prefix(3)))
  }
}

/// What must hold between the keys of a section.
public enum SectionRule: Hashable, Sendable {
  case exactlyOne([String])
  case atMostOne([String])
  /// All of them or none.
  case together([String])

  public var keys: [String] {
    switch self {
    case .exactlyOne(let keys), .atMostOne(let keys), .together(let keys): keys
    }
  }
}
