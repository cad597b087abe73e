import Configuration

/// A value that later messages of the gateway's have to repeat: the last one that stood at a path.
public struct MemoryRule: Sendable, Equatable {
  public enum Side: String, Sendable, CaseIterable {
    case client, vendor
  }

  /// Whose messages hold it.
  public var side = Side.client
  public var path: JSONPath?

  public init() {}
}

extension MemoryRule: Section {
  public static let section = SectionDescription<MemoryRule>(
    "VendorMemory", "A value of earlier messages: the last one counts.",
    fields: [
      Field("of", \.side, .choice, "Whose messages hold it: the `client`'s or the `vendor`'s."),
      Field("path", \.path, ValueTypes.path, required: true, "Where in them."),
    ])
}
