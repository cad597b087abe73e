/// Why a text is no acceptable JSON, and where. The place is given in bytes, so that it also fits texts that are no UTF-8; nothing of the
/// text is repeated but single characters and member names.
public struct JSONError: Error, Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case unexpectedEnd(expected: String)
    case unexpected(byte: UInt8, expected: String)
    /// RFC 8259 section 8.1 forbids sending one; ignoring it would hide that.
    case byteOrderMark
    case trailingContent
    case controlCharacter(UInt8)
    case invalidEscape
    /// A `\u` escape for half a character.
    case loneSurrogate
    case invalidUTF8
    case invalidNumber(expected: String)
    /// No finite double.
    case numberOutOfRange
    case duplicateMember(String)
    case tooDeep(limit: Int)
    case tooLarge(limit: Int)
  }

  public let kind: Kind
  /// Bytes before the place.
  public let offset: Int
  /// From 1.
  public let line: Int
  /// From 1, in bytes.
  public let column: Int

  init(_ kind: Kind, at offset: Int, in bytes: [UInt8]) {
    self.kind = kind
    self.offset = offset
    let before = bytes.prefix(offset)
    line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    column = offset - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0) + 1
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String { "line \(line) column \(column): \(kind)" }
}

extension JSONError.Kind: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpectedEnd(let expected): "unexpected end, expected \(expected)"
    case .unexpected(let byte, let expected): "unexpected \(Self.name(byte)), expected \(expected)"
    case .byteOrderMark: "byte order mark, expected a value"
    case .trailingContent: "content after the value, expected the end"
    case .controlCharacter(let byte): "unescaped control character \(Self.name(byte)) in a string"
    case .invalidEscape: "invalid escape in a string, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"
    case .loneSurrogate: "escape for half a surrogate pair"
    case .invalidUTF8: "invalid utf-8 in a string"
    case .invalidNumber(let expected): "invalid number, expected \(expected)"
    case .numberOutOfRange: "number out of range, expected a finite double"
    case .duplicateMember(let name): "duplicate member \"\(name)\""
    case .tooDeep(let limit): "nested too deep, expected at most \(limit) levels"
    case .tooLarge(let limit): "too large, expected at most \(limit) bytes"
    }
  }

  private static func name(_ byte: UInt8) -> String {
    if byte > 0x20 && byte < 0x7f { return "'\(Character(UnicodeScalar(byte)))'" }
    let hex = String(byte, radix: 16)
    return "byte 0x" + (hex.utf8.count < 2 ? "0" : "") + hex
  }
}
