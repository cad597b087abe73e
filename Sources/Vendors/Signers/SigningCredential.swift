import JSON

/// A credential of several fields: one secret that is a JSON object of texts, such as AWS's own tools print.
///
/// Names are compared without case, `_` and `-`: `AccessKeyId` is `access_key_id`.
public struct SigningCredential: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let fields: [String: String]

  /// Nil for a text that is no JSON object.
  public init?(_ secret: String) {
    guard let object = (try? JSONValue.parse(secret))?.objectValue else { return nil }
    fields = object.reduce(into: [:]) { fields, member in
      if let text = member.value.stringValue, !text.isEmpty { fields[Self.plain(member.name)] = text }
    }
  }

  public subscript(name: String) -> String? { fields[Self.plain(name)] }

  public var description: String { "<credential>" }
  public var debugDescription: String { "<credential>" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  private static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != "-" } }
}
