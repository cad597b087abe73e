import COpenSSL

/// A public key that verifies signatures: RSA of at least 2048 bits, a point of P-256, P-384 or P-521, or Ed25519.
public struct PublicKey: Sendable, Equatable {
  /// What it is, which decides what it verifies.
  public enum Kind: Sendable, Equatable {
    case rsa(bits: Int)
    case p256, p384, p521
    case ed25519

    /// Whether signatures of this algorithm are checked with such a key: RS and PS with RSA, and each ES with its one curve.
    public func serves(_ algorithm: SigningAlgorithm) -> Bool {
      switch (self, algorithm) {
      case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512), (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): true
      case (.p256, .es256), (.p384, .es384), (.p521, .es512), (.ed25519, .edDSA): true
      default: false
      }
    }

    /// Bytes of a coordinate, and of each half of a signature (RFC 7518 sections 3.4 and 6.2.1.2); 0 for what is no curve of ECDSA.
    var fieldBytes: Int {
      switch self {
      case .p256: 32
      case .p384: 48
      case .p521: 66
      case .rsa, .ed25519: 0
      }
    }
  }

  /// RFC 7518 section 3.3.
  public static let minimumBits = 2048
  /// Longer ones would make a check slow: the time grows with the square.
  static let maximumBits = 8192

  public let kind: Kind
  private let key: EVPKey
  /// Shared by all copies of the key.
  private let verified = VerifiedSignatures()

  init(_ key: EVPKey) throws(KeyError) {
    kind = try Self.kind(of: key)
    self.key = key
  }

  public static func == (a: PublicKey, b: PublicKey) -> Bool { unsafe EVP_PKEY_eq(a.key.pointer, b.key.pointer) == 1 }

  // MARK: What it is

  private static func kind(of key: EVPKey) throws(KeyError) -> Kind {
    let kind: Kind
    switch unsafe EVP_PKEY_get_base_id(key.pointer) {
    case EVP_PKEY_RSA:
      let bits = unsafe Int(EVP_PKEY_get_bits(key.pointer))
      guard bits >= minimumBits else { throw .tooWeak(bits: bits) }
      guard bits <= maximumBits else { throw .unsupported("rsa of more than \(maximumBits) bits") }
      try checkExponent(key)
      return .rsa(bits: bits)
    case EVP_PKEY_EC: kind = try curve(of: key)
    case EVP_PKEY_ED25519: kind = .ed25519
    default: throw .unsupported("expected rsa, a curve of nist or ed25519")
    }
    guard let context = unsafe EVP_PKEY_CTX_new(key.pointer, nil) else { throw .invalidPoint }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard unsafe EVP_PKEY_public_check(context) == 1 else { throw .invalidPoint }
    return kind
  }

  private static func curve(of key: EVPKey) throws(KeyError) -> Kind {
    var name = [CChar](repeating: 0, count: 64)
    var length = 0
    guard unsafe EVP_PKEY_get_group_name(key.pointer, &name, name.count, &length) == 1 else { throw .unsupported("a curve without a name") }
    switch name.prefix(length).map({ UInt8(bitPattern: $0) }) {
    case Array("prime256v1".utf8): return .p256
    case Array("secp384r1".utf8): return .p384
    case Array("secp521r1".utf8): return .p521
    default: throw .unsupported("expected curve P-256, P-384 or P-521")
    }
  }

  /// Exponent 1 makes every message its own signature, an even one is no key at all, and one beyond 64 bits only makes checks slow.
  private static func checkExponent(_ key: EVPKey) throws(KeyError) {
    var exponent: OpaquePointer?
    defer { unsafe BN_free(exponent) }
    guard unsafe EVP_PKEY_get_bn_param(key.pointer, "e", &exponent) == 1 else { throw .malformed("expected an rsa exponent") }
    guard unsafe BN_is_odd(exponent) == 1, unsafe (2...64).contains(BN_num_bits(exponent)) else {
      throw .malformed("expected an odd rsa exponent between 3 and 64 bits")
    }
  }

  // MARK: Verifying

  /// Whether `signature` is this key's signature of `input`; false as well when the key is none for `algorithm`.
  ///
  /// One that was good before costs a hash.
  public func verifies(_ signature: [UInt8], of input: [UInt8], algorithm: SigningAlgorithm) -> Bool {
    let fingerprint = VerifiedSignatures.fingerprint(signature, of: input, algorithm)
    if verified.contains(fingerprint) { return true }
    guard verifiesAnew(signature, of: input, algorithm: algorithm) else { return false }
    verified.insert(fingerprint)
    return true
  }

  /// The same, whether it was good before or not.
  public func verifiesAnew(_ signature: [UInt8], of input: [UInt8], algorithm: SigningAlgorithm) -> Bool {
    guard kind.serves(algorithm), let signature = encoded(signature), let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    ERR_clear_error()
    // A signature that does not fit leaves a word in this thread's queue, which others read.
    defer { ERR_clear_error() }
    var details: OpaquePointer?
    let digest = unsafe algorithm.hash?.digest
    guard unsafe EVP_DigestVerifyInit(context, &details, digest, nil, key.pointer) == 1 else { return false }
    if algorithm.scheme == .pss {
      // RFC 7518 section 3.5: the mask function has the same hash, and the salt is as long as it.
      guard unsafe EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1,
        unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1,
        unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(details, digest) == 1
      else { return false }
    }
    return unsafe EVP_DigestVerify(context, signature, signature.count, input, input.count) == 1
  }

  /// The signature as OpenSSL takes it: of ECDSA both halves, exactly as long as the curve's field, become DER.
  private func encoded(_ signature: [UInt8]) -> [UInt8]? {
    switch kind {
    case .rsa: return signature
    case .ed25519: return signature.count == 64 ? signature : nil
    case .p256, .p384, .p521:
      let half = kind.fieldBytes
      guard signature.count == 2 * half else { return nil }
      return DER.sequence(DER.integer(signature[..<half]), DER.integer(signature[half...]))
    }
  }
}
