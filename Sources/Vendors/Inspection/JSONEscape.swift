/// An escape of a JSON string (RFC 8259 section 7), byte by byte after its backslash.
struct JSONEscape: Sendable {
  private var digits: UInt8 = 0
  private var unit: UInt32 = 0
  /// The first half of a surrogate pair, 0 for none.
  private var high: UInt32 = 0

  init() {}

  /// What a letter other than `u` stands for; nil for a letter that makes no escape.
  static func meaning(of letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  enum Progress: Equatable {
    case more
    /// The second half of a pair has to follow as an escape of its own.
    case half
    case character(UInt32)
    case invalid
    case lone
  }

  /// Four digits follow.
  mutating func beginDigits() {
    digits = 0
    unit = 0
  }

  /// Takes a hexadecimal digit.
  mutating func take(_ byte: UInt8) -> Progress {
    let digit = byte &- 0x30 < 10 ? byte &- 0x30 : (byte | 0x20) &- 0x61 < 6 ? (byte | 0x20) &- 0x61 &+ 10 : 16
    guard digit < 16 else { return .invalid }
    unit = unit << 4 | UInt32(digit)
    digits &+= 1
    guard digits == 4 else { return .more }
    let isLow = (0xDC00..<0xE000).contains(unit)
    if high != 0 {
      guard isLow else { return .lone }
      defer { high = 0 }
      return .character(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00))
    }
    if isLow { return .lone }
    guard (0xD800..<0xDC00).contains(unit) else { return .character(unit) }
    high = unit
    return .half
  }
}
