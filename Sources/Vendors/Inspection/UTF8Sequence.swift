/// A character of several bytes whose bytes come one by one (RFC 3629 section 4).
struct UTF8Sequence: Sendable {
  /// Continuation bytes that are still to come.
  private(set) var needed: UInt8 = 0
  // What the next one may be: overlong forms, surrogates and values above U+10FFFF are refused at their second byte.
  private var lower: UInt8 = 0x80
  private var upper: UInt8 = 0xBF

  /// False when `byte` cannot start a character.
  mutating func begin(_ byte: UInt8) -> Bool {
    lower = 0x80
    upper = 0xBF
    switch byte {
    case 0xC2...0xDF: needed = 1
    case 0xE0...0xEF:
      needed = 2
      if byte == 0xE0 { lower = 0xA0 }
      if byte == 0xED { upper = 0x9F }
    case 0xF0...0xF4:
      needed = 3
      if byte == 0xF0 { lower = 0x90 }
      if byte == 0xF4 { upper = 0x8F }
    default: return false
    }
    return true
  }

  /// False when `byte` cannot come next.
  mutating func proceed(_ byte: UInt8) -> Bool {
    guard byte >= lower, byte <= upper else { return false }
    needed &-= 1
    lower = 0x80
    upper = 0xBF
    return true
  }
}
