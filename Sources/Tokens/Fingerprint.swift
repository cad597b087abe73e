/// The SHA-256 of a secret with enough randomness of its own, such as a key or token that was generated: what is kept in its stead, and
/// what it is found by.
public struct Fingerprint: Sendable, Hashable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  public init(of secret: [UInt8]) {
    self.init(digest: SHA256.bytes(secret))
  }

  public init(of secret: String) { self.init(of: Array(secret.utf8)) }

  /// From 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Self.digit(digits[index]), let low = Self.digit(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.init(digest: bytes)
  }

  private init(digest: [UInt8]) {
    func word(_ index: Int) -> UInt64 { digest[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    words = (word(0), word(1), word(2), word(3))
  }

  /// The first 8 of its digits: enough to tell keys apart in a log, useless to whoever reads it.
  public var name: String {
    let digits = String(words.0 >> 32, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }

  /// The bucket that a search may begin with: a quarter of the digest.
  public var prefix: UInt64 { words.0 }

  /// Whether both are the same. Looks at all of both, wherever the first difference is.
  public static func == (a: Fingerprint, b: Fingerprint) -> Bool {
    (a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2) | (a.words.3 ^ b.words.3) == 0
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension Fingerprint: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { name }
  public var debugDescription: String { name }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
