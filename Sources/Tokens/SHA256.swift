import COpenSSL

/// SHA-256 (FIPS 180-4) by OpenSSL.
public enum SHA256 {
  /// The 32 bytes of the digest. Traps when OpenSSL has no SHA-256, as `HMAC.code` does.
  public static func bytes(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let made = unsafe COpenSSL.SHA256(message, message.count, &digest) != nil
    precondition(made, "openssl cannot compute sha-256")
    return digest
  }

  /// The digest in 64 lower-case hexadecimal digits.
  public static func hex(_ message: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes(message).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  public static func hex(_ text: String) -> String { hex(Array(text.utf8)) }
}
