/// Where and why a text stopped being JSON (RFC 8259).
public struct JSONFault: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case unexpected(byte: UInt8)
    case unexpectedEnd
    case controlCharacter
    case invalidEscape
    /// A `\u` escape for half a character.
    case loneSurrogate
    case invalidUTF8
    case tooDeep(limit: Int)
  }

  public var kind: Kind
  /// Bytes before the place.
  public var offset: Int
}

extension JSONFault: CustomStringConvertible {
  public var description: String { "\(kind) at byte \(offset)" }
}

extension JSONFault.Kind: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpected(let byte) where byte > 0x20 && byte < 0x7F: "an unexpected '\(Character(UnicodeScalar(byte)))'"
    case .unexpected(let byte): "an unexpected byte \(byte)"
    case .unexpectedEnd: "an unexpected end"
    case .controlCharacter: "an unescaped control character"
    case .invalidEscape: "an invalid escape"
    case .loneSurrogate: "an escape for half a surrogate pair"
    case .invalidUTF8: "invalid utf-8"
    case .tooDeep(let limit): "a nesting of more than \(limit) levels"
    }
  }
}
