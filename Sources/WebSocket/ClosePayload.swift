/// What a Close frame says (RFC 6455 section 5.5.1): nothing, or a code and a reason.
public struct ClosePayload: Sendable, Equatable {
  /// nil when the frame was empty.
  public let code: CloseCode?
  /// Empty when there is none.
  public let reason: String

  /// Most bytes of a reason: a control frame's 125 less the code.
  public static let maximumReason = 123

  public init(code: CloseCode? = nil, reason: String = "") {
    self.code = code
    self.reason = reason
  }

  /// Reads the unmasked payload of a Close frame.
  ///
  /// - Throws: `closeLength` for a single byte, `closeCode` for a code that may not travel (section 7.4), `closeReason` for a reason
  ///   that is not UTF-8.
  public static func parse(_ bytes: [UInt8]) throws(ProtocolViolation) -> ClosePayload {
    guard let high = bytes.first else { return ClosePayload() }
    guard bytes.count >= 2 else { throw .closeLength }
    let code = CloseCode(rawValue: UInt16(high) << 8 | UInt16(bytes[1]))
    guard code.mayTravel else { throw .closeCode }
    guard let reason = String(validating: bytes[2...], as: UTF8.self) else { throw .closeReason }
    return ClosePayload(code: code, reason: reason)
  }

  /// The payload of a Close frame, at most 125 bytes.
  ///
  /// A code that may not travel (1005 and 1006 among them) gives an empty payload, as no code does. A reason above 123 bytes is cut
  /// between two characters.
  public static func encode(code: CloseCode?, reason: String = "") -> [UInt8] {
    guard let code, code.mayTravel else { return [] }
    var bytes = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
    var room = maximumReason
    for character in reason {
      let units = character.utf8
      guard units.count <= room else { break }
      bytes.append(contentsOf: units)
      room -= units.count
    }
    return bytes
  }

  /// The payload's bytes.
  public var encoded: [UInt8] { Self.encode(code: code, reason: reason) }
}
