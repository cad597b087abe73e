/// A header line of an HTTP message.
public typealias HeaderField = (name: String, value: String)

/// Look-ups in the header lines of an opening handshake. Names and tokens compare without regard to ASCII case (RFC 9110 section 5.1);
/// other letters are never folded, or a Kelvin sign would pass for a k.
struct HeaderFields {
  let fields: [HeaderField]

  init(_ fields: [HeaderField]) {
    self.fields = fields
  }

  /// The values of every line of that name, without the white space around them.
  func values(_ name: String) -> [Substring] {
    fields.compactMap { Self.equal($0.name, name) ? Self.trim($0.value[...]) : nil }
  }

  /// The elements of a comma-separated list that may be spread over several lines. Empty elements are passed over, as RFC 9110
  /// section 5.6.1.2 demands of a recipient.
  func elements(_ name: String) -> [Substring] {
    values(name).flatMap { value in
      value.split(separator: ",").map { Self.trim($0) }.filter { !$0.isEmpty }
    }
  }

  func has(_ token: String, in name: String) -> Bool {
    elements(name).contains { Self.equal($0, token) }
  }

  static func equal(_ a: some StringProtocol, _ b: some StringProtocol) -> Bool {
    a.utf8.elementsEqual(b.utf8) { fold($0) == fold($1) }
  }

  private static func fold(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  static func trim(_ value: Substring) -> Substring {
    var value = value
    while let first = value.utf8.first, first == 0x20 || first == 0x09 { value.removeFirst() }
    while let last = value.utf8.last, last == 0x20 || last == 0x09 { value.removeLast() }
    return value
  }

  /// `token` of RFC 9110 section 5.6.2.
  static func isToken(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true  // digits, letters
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true  // ! #$%&' * + - . ^ _ ` | ~
    default: false
    }
  }
}
