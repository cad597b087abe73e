import Configuration
import JSON
import YAML

/// Where a message says what it is.
public enum Discriminator: Sendable, Equatable {
  /// The value at a path.
  case path(JSONPath)
  /// The first of these members that is there, by paths.
  case keys([String])

  /// What the message calls itself, nil where this does not tell.
  public func name(of message: JSONValue) -> String? {
    switch self {
    case .path(let path):
      guard let value = path.first(in: message), !value.isNull else { return nil }
      return value.stringValue ?? value.text()
    case .keys(let keys): return keys.first { JSONPath($0)?.first(in: message) != nil }
    }
  }

  private struct Form: Section {
    var path: JSONPath?
    var keys: [String]?

    static let section = SectionDescription<Form>(
      "VendorDiscriminator", "Where a message says what it is.",
      fields: [
        Field("path", \.path, ValueTypes.path, "A member that holds the message's name."),
        Field(
          "keys", \.keys, .list(of: ValueTypes.path.map({ $0.text }, back: { JSONPath($0) })),
          "Members whose presence is the message's name, by their paths."),
      ],
      rules: [.exactlyOne(["path", "keys"])])
  }

  static let type = ValueType<Discriminator>(
    "VendorDiscriminator", shape: .section(name: "VendorDiscriminator") { Form.section.shape(defaults: Form()) }
  ) { node, place, _, reader in
    guard let form = reader.read(Form.self, from: node, at: place) else { return nil }
    if let path = form.path { return .path(path) }
    return form.keys.map { .keys($0) }
  }
}
