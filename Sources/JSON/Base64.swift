/// Standard base64 with padding (RFC 4648 section 4), the way in which JSON carries bytes. Decoding is strict: one text has one reading and
/// one spelling.
public enum Base64 {
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    var text = Base64Alphabet.standard.encode(bytes)
    while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
  }

  /// nil for foreign characters, wrong or missing padding, or bits that no encoder sets.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let utf8 = Array(text.utf8)
    guard utf8.count % 4 == 0 else { return nil }
    let padding = utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    return Base64Alphabet.standard.decode(utf8.dropLast(padding))
  }
}
