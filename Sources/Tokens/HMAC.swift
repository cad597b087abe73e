import COpenSSL

/// Keyed hashes (RFC 2104) by OpenSSL.
public enum HMAC {
  public enum Hash: Sendable, CaseIterable {
    case sha256, sha384, sha512

    var byteCount: Int {
      switch self {
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    }

    /// OpenSSL's own, which lives as long as the process.
    var digest: OpaquePointer? {
      switch self {
      case .sha256: unsafe EVP_sha256()
      case .sha384: unsafe EVP_sha384()
      case .sha512: unsafe EVP_sha512()
      }
    }
  }

  /// The code of `message` under `key`. Traps when OpenSSL has no such hash, which only a broken installation lacks: going on with any
  /// other result would be worse.
  public static func code(of message: [UInt8], key: [UInt8], hash: Hash = .sha256) -> [UInt8] {
    unsafe code(of: message, key: key, hash.digest, byteCount: hash.byteCount)
  }

  /// The same by SHA-1, for request signatures of vendors that want it. No token is signed with it.
  public static func sha1(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    unsafe code(of: message, key: key, EVP_sha1(), byteCount: 20)
  }

  private static func code(of message: [UInt8], key: [UInt8], _ digest: OpaquePointer?, byteCount: Int) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: byteCount)
    var length: UInt32 = 0
    let made = unsafe COpenSSL.HMAC(digest, key, Int32(key.count), message, message.count, &code, &length) != nil
    precondition(made && Int(length) == code.count, "openssl cannot compute hmac")
    return code
  }
}
