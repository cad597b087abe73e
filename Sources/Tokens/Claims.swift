import JSON

/// The claims of a token whose signature and times were verified.
public struct Claims: Sendable, Equatable {
  public let raw: JSONValue
  /// `exp` in Unix seconds, rounded down; nil when the token never expires.
  public let expiresAt: Int64?

  /// `sub`, else `userId` (a text or an integer), whichever is not empty.
  public var subject: String? {
    if let subject = string("sub"), !subject.isEmpty { return subject }
    switch raw["userId"] {
    case .string(let text) where !text.isEmpty: return text
    case .int(let number): return String(number)
    default: return nil
    }
  }

  /// A claim that is a string.
  public func string(_ name: String) -> String? { raw[name]?.stringValue }

  /// A claim that is a string or a list of strings, such as roles or routes; nil when it is neither.
  public func strings(_ name: String) -> [String]? {
    switch raw[name] {
    case .string(let text): return [text]
    case .array(let elements):
      let texts = elements.compactMap(\.stringValue)
      return texts.count == elements.count ? texts : nil
    default: return nil
    }
  }
}
