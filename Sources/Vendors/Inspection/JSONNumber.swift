/// The grammar of a number (RFC 8259 section 6), byte by byte.
struct JSONNumber: Sendable {
  private enum State: UInt8 {
    case minus, zero, integer, point, fraction, exponent, exponentSign, exponentDigits
  }

  private var state = State.integer

  init() {}

  /// - Parameter first: a minus or a digit.
  init(first: UInt8) {
    state = first == UInt8(ascii: "-") ? .minus : first == UInt8(ascii: "0") ? .zero : .integer
  }

  /// Whether what has come is a number.
  var mayEnd: Bool {
    switch state {
    case .zero, .integer, .fraction, .exponentDigits: true
    case .minus, .point, .exponent, .exponentSign: false
    }
  }

  /// Takes a byte that belongs to the number; false for one that does not.
  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    let isDigit = byte &- 0x30 < 10
    switch state {
    case .minus:
      guard isDigit else { return false }
      state = byte == 0x30 ? .zero : .integer
    case .integer where isDigit, .fraction where isDigit, .exponentDigits where isDigit: break
    case .zero, .integer:
      switch byte {
      case UInt8(ascii: "."): state = .point
      case UInt8(ascii: "e"), UInt8(ascii: "E"): state = .exponent
      default: return false
      }
    case .point:
      guard isDigit else { return false }
      state = .fraction
    case .fraction:
      guard byte | 0x20 == UInt8(ascii: "e") else { return false }
      state = .exponent
    case .exponent where byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"): state = .exponentSign
    case .exponent, .exponentSign:
      guard isDigit else { return false }
      state = .exponentDigits
    case .exponentDigits: return false
    }
    return true
  }
}
