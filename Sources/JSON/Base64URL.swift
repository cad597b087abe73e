/// base64url without padding, as tokens use it (RFC 7515 section 2). Decoding is strict, or one signature would have several spellings.
public enum Base64URL {
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: Base64Alphabet.url.encode(bytes), as: UTF8.self)
  }

  /// nil for foreign characters (padding is one), an impossible length, or bits that no encoder sets.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? { decode(text.utf8) }

  public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? { Base64Alphabet.url.decode(text) }
}
