/// A trace's id: 16 bytes of which not all are zero (W3C Trace Context section 3.2.2.3).
public struct TraceID: Sendable, Hashable {
  private let high: UInt64
  private let low: UInt64

  private init?(high: UInt64, low: UInt64) {
    guard high != 0 || low != 0 else { return nil }
    self.high = high
    self.low = low
  }

  /// 32 hexadecimal digits in lower case; the standard has no others.
  public init?(_ digits: some StringProtocol) {
    let bytes = Array(digits.utf8)
    guard bytes.count == 32, let high = Hexadecimal.number(bytes[..<16]), let low = Hexadecimal.number(bytes[16...]) else { return nil }
    self.init(high: high, low: low)
  }

  /// The name that a client gave its trace elsewhere than in a `traceparent`: 32 hexadecimal digits, or a UUID, in either case.
  public init?(named name: String) {
    let bytes = Array(name.utf8)
    if bytes.count == 36 {
      guard [8, 13, 18, 23].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }) else { return nil }
      self.init(String(decoding: bytes.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self).lowercased())
    } else {
      self.init(name.lowercased())
    }
  }

  /// One that nobody else has.
  public static func random(using generator: inout some RandomNumberGenerator) -> TraceID {
    while true {
      if let id = TraceID(high: generator.next(), low: generator.next()) { return id }
    }
  }
}

extension TraceID: CustomStringConvertible {
  public var description: String { Hexadecimal.text(high) + Hexadecimal.text(low) }
}

/// Numbers of 64 bits as the digits that Trace Context has: lower case, leading zeros written.
enum Hexadecimal {
  /// At most 16 digits; nil when one of them is none.
  static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return number
  }

  static func text(_ number: UInt64, digits: Int = 16) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
