import COpenSSL

/// A key that signs with Ed25519 (RFC 8032), the same for the same number.
public struct Ed25519Key: Sendable {
  private let seed: [UInt8]

  public init(_ number: UInt8) { seed = [UInt8](repeating: number, count: 32) }

  private func withKey<Result>(_ body: (OpaquePointer?) -> Result) -> Result {
    let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
    defer { unsafe EVP_PKEY_free(key) }
    return unsafe body(key)
  }

  public var publicBytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    unsafe withKey { key in
      var count = 32
      unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count)
    }
    return bytes
  }

  public func sign(_ text: String) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: 64)
    unsafe withKey { key in
      let context = unsafe EVP_MD_CTX_new()
      defer { unsafe EVP_MD_CTX_free(context) }
      var count = 64
      unsafe EVP_DigestSignInit(context, nil, nil, nil, key)
      unsafe EVP_DigestSign(context, &signature, &count, Array(text.utf8), text.utf8.count)
    }
    return signature
  }
}
