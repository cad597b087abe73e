import COpenSSL

/// The key of an opening handshake and what the server makes of it (RFC 6455 sections 4.1 and 4.2.2).
enum HandshakeKey {
  private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// Base64 of 16 bytes: 22 characters and two pads.
  static func isValid(_ key: some StringProtocol) -> Bool {
    let bytes = Array(key.utf8)
    guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else { return false }
    return bytes[..<22].allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true  // digits, letters, + /
      default: false
      }
    }
  }

  /// A key of 16 random bytes.
  static func make(using generator: inout some RandomNumberGenerator) -> String {
    base64((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  /// `Sec-WebSocket-Accept` for a key.
  static func accept(_ key: some StringProtocol) -> String {
    let text = Array(key.utf8) + Array(guid.utf8)
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    _ = unsafe SHA1(text, text.count, &digest)
    return base64(digest)
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    // EVP_EncodeBlock ends its text with a zero byte, which it does not count.
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = unsafe EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return String(decoding: text.prefix(Int(count)), as: UTF8.self)
  }
}
