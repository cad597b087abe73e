import COpenSSL

/// Keys from their parts, as JSON Web Keys give them.
extension PublicKey {
  /// - Parameters:
  ///   - modulus: most significant byte first.
  ///   - exponent: the same; usually 65537.
  public init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws(KeyError) {
    // rsaEncryption, RFC 8017 appendix A.1.
    let algorithm = DER.sequence(DER.identifier([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]), DER.null)
    let numbers = DER.sequence(DER.integer(modulus), DER.integer(exponent))
    guard modulus.count <= Self.maximumBits / 4, let key = EVPKey.decode(DER.sequence(algorithm, DER.bitString(numbers))) else {
      throw .malformed("expected an rsa modulus and exponent")
    }
    try self.init(key)
  }

  /// - Parameters:
  ///   - curve: P-256, P-384 or P-521.
  ///   - x: as long as the curve's field: leading zeros count (RFC 7518 section 6.2.1.2).
  ///   - y: the same.
  public init(curve: Kind, x: [UInt8], y: [UInt8]) throws(KeyError) {
    // RFC 5480 section 2.1.1.1.
    let name: [UInt8]
    switch curve {
    case .p256: name = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    case .p384: name = [0x2B, 0x81, 0x04, 0x00, 0x22]
    case .p521: name = [0x2B, 0x81, 0x04, 0x00, 0x23]
    case .rsa, .ed25519: throw .unsupported("expected curve P-256, P-384 or P-521")
    }
    guard x.count == curve.fieldBytes, y.count == curve.fieldBytes else {
      throw .malformed("expected coordinates of \(curve.fieldBytes) bytes")
    }
    let algorithm = DER.sequence(DER.identifier([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]), DER.identifier(name))
    guard let key = EVPKey.decode(DER.sequence(algorithm, DER.bitString([0x04] + x + y))) else { throw .invalidPoint }
    try self.init(key)
  }

  /// - Parameter bytes: the 32 bytes of RFC 8032 section 5.1.5.
  public init(ed25519 bytes: [UInt8]) throws(KeyError) {
    guard bytes.count == 32 else { throw .malformed("expected 32 bytes") }
    guard let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else { throw .invalidPoint }
    try self.init(unsafe EVPKey(adopting: key))
  }
}

/// Keys from files.
extension PublicKey {
  /// A file with one key has far less.
  static let maximumFileBytes = 64 << 10

  /// Reads the only block of a PEM text (RFC 7468): `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`. Of a certificate only the key counts:
  /// neither its dates nor who signed it are looked at.
  public init(pem text: [UInt8]) throws(KeyError) {
    guard text.count <= Self.maximumFileBytes else { throw .tooLarge(limit: Self.maximumFileBytes) }
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .malformed("out of memory") }
    defer { unsafe BIO_free_all(bio) }
    _ = unsafe BIO_write(bio, text, Int32(text.count))
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let block = unsafe Self.block(of: bio) else { throw .malformed("expected a public key in pem") }
    guard unsafe Self.block(of: bio) == nil else { throw .malformed("expected one key in the file, found several") }
    switch block.label {
    case "PUBLIC KEY":
      guard let key = EVPKey.decode(block.bytes) else { throw .malformed("expected a usable public key in pem") }
      try self.init(key)
    case "RSA PUBLIC KEY":
      let algorithm = DER.sequence(DER.identifier([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]), DER.null)
      guard let key = EVPKey.decode(DER.sequence(algorithm, DER.bitString(block.bytes))) else {
        throw .malformed("expected a usable public key in pem")
      }
      try self.init(key)
    case "CERTIFICATE":
      guard let key = Self.certified(block.bytes) else { throw .malformed("expected a usable certificate") }
      try self.init(key)
    case let label where label.hasSuffix("PRIVATE KEY"): throw .privateKey
    default: throw .malformed("expected a public key in pem")
    }
  }

  private static func block(of bio: OpaquePointer) -> (label: String, bytes: [UInt8])? {
    var name: UnsafeMutablePointer<CChar>?
    var header: UnsafeMutablePointer<CChar>?
    var data: UnsafeMutablePointer<UInt8>?
    var count = 0
    guard unsafe PEM_read_bio(bio, &name, &header, &data, &count) == 1, let name = unsafe name else { return nil }
    defer {
      unsafe CRYPTO_free(name, "", 0)
      unsafe CRYPTO_free(header, "", 0)
      unsafe CRYPTO_clear_free(data, count, "", 0)
    }
    return unsafe (String(cString: name), Array(UnsafeBufferPointer(start: data, count: count)))
  }

  private static func certified(_ bytes: [UInt8]) -> EVPKey? {
    unsafe bytes.withUnsafeBufferPointer { buffer -> EVPKey? in
      var position = buffer.baseAddress
      guard let certificate = unsafe d2i_X509(nil, &position, buffer.count) else { return nil }
      defer { unsafe X509_free(certificate) }
      guard unsafe position == buffer.baseAddress?.advanced(by: buffer.count) else { return nil }
      guard let key = unsafe X509_get_pubkey(certificate) else { return nil }
      return unsafe EVPKey(adopting: key)
    }
  }
}
