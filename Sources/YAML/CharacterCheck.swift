/// Which characters a YAML text may hold (YAML 1.2, 5.1). Checked before libyaml sees the text, because its reader gives no place.
enum CharacterCheck {
  /// The first byte that is not UTF-8, or character that YAML does not allow.
  static func firstProblem(in text: [UInt8]) -> YAMLError? {
    var mark = Mark.start
    var index = 0
    while index < text.count {
      guard let (scalar, length) = decode(text, at: index) else {
        return YAMLError(.encoding, at: mark, "invalid UTF-8: unexpected byte 0x\(hexadecimal(UInt32(text[index]), width: 2))")
      }
      guard isPrintable(scalar) else {
        return YAMLError(.encoding, at: mark, "the character U+\(hexadecimal(scalar, width: 4)) is not allowed in YAML")
      }
      let next = index + length
      if isBreak(scalar), !(scalar == 0x0D && next < text.count && text[next] == 0x0A) {
        mark = Mark(line: mark.line + 1, column: 1)
      } else {
        mark.column += 1
      }
      index = next
    }
    return nil
  }

  /// The line breaks that libyaml counts: CR, LF, and with YAML 1.1 NEL, LS and PS.
  static func isBreak(_ scalar: UInt32) -> Bool {
    scalar == 0x0A || scalar == 0x0D || scalar == 0x85 || scalar == 0x2028 || scalar == 0x2029
  }

  private static func isPrintable(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x09, 0x0A, 0x0D, 0x85, 0x20...0x7E, 0xA0...0xD7FF, 0x10000...0x10FFFF: true
    // A byte order mark inside the text is refused: libyaml would, without a place.
    case 0xE000...0xFFFD: scalar != 0xFEFF
    default: false
    }
  }

  /// One scalar value by the table of RFC 3629 section 4: no overlong forms, no surrogates, nothing beyond U+10FFFF.
  private static func decode(_ text: [UInt8], at index: Int) -> (scalar: UInt32, length: Int)? {
    let first = text[index]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0x00...0x7F: return (UInt32(first), 1)
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if first == 0xE0 { second = 0xA0...0xBF }
      if first == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      length = 4
      if first == 0xF0 { second = 0x90...0xBF }
      if first == 0xF4 { second = 0x80...0x8F }
    default: return nil
    }
    guard index + length <= text.count, second.contains(text[index + 1]) else { return nil }
    var scalar = UInt32(first) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
    for byte in text[(index + 1)..<(index + length)] {
      guard byte & 0xC0 == 0x80 else { return nil }
      scalar = scalar << 6 | UInt32(byte & 0x3F)
    }
    return (scalar, length)
  }

  private static func hexadecimal(_ value: UInt32, width: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
