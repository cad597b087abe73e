import JSON

/// A public key that verifies signatures, in JSON (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).
public struct JSONWebKey: Sendable, Equatable {
  /// `kid`
  public let keyID: String?
  /// `alg`: the only algorithm it is for; nil leaves the choice to its kind.
  public let algorithm: SigningAlgorithm?
  public let key: PublicKey

  /// - Throws: `.unsupported` for keys that are not there to verify signatures, of which sets have some.
  public init(_ object: JSONObject) throws(KeyError) {
    guard let type = object["kty"]?.stringValue else { throw .malformed("expected \"kty\" to be a string") }
    // A shared secret among public keys would be taken for one of them, and a private one is nobody's to have.
    guard type != "oct" else { throw .unsupported("a shared secret") }
    guard object["d"] == nil else { throw .privateKey }
    try Self.checkUse(object)
    keyID = try Self.text("kid", object)
    if let name = try Self.text("alg", object) {
      guard let algorithm = SigningAlgorithm(rawValue: name), algorithm.scheme != .hmac else { throw .unsupported("another algorithm") }
      self.algorithm = algorithm
    } else {
      algorithm = nil
    }
    switch type {
    case "RSA": key = try PublicKey(rsaModulus: Self.bytes("n", object), exponent: Self.bytes("e", object))
    case "EC":
      let curve: PublicKey.Kind
      switch try Self.text("crv", object) {
      case "P-256": curve = .p256
      case "P-384": curve = .p384
      case "P-521": curve = .p521
      default: throw .unsupported("another curve")
      }
      key = try PublicKey(curve: curve, x: Self.bytes("x", object), y: Self.bytes("y", object))
    case "OKP":
      guard try Self.text("crv", object) == "Ed25519" else { throw .unsupported("another curve") }
      key = try PublicKey(ed25519: Self.bytes("x", object))
    default: throw .unsupported("another kind of key")
    }
    if let algorithm, !key.kind.serves(algorithm) { throw .malformed("expected \"alg\" to fit the key") }
  }

  /// Whether it may check a signature of this algorithm.
  public func serves(_ algorithm: SigningAlgorithm) -> Bool {
    (self.algorithm.map { $0 == algorithm } ?? true) && key.kind.serves(algorithm)
  }

  /// RFC 7517 sections 4.2 and 4.3: a key for something else verifies nothing.
  private static func checkUse(_ object: JSONObject) throws(KeyError) {
    if let use = try text("use", object), use != "sig" { throw .unsupported("a key for another use") }
    guard let operations = object["key_ops"] else { return }
    guard let names = operations.arrayValue?.map(\.stringValue), names.allSatisfy({ $0 != nil }), Set(names).count == names.count else {
      throw .malformed("expected \"key_ops\" to be a list of different names")
    }
    guard names.contains("verify") else { throw .unsupported("a key for another use") }
  }

  private static func text(_ name: String, _ object: JSONObject) throws(KeyError) -> String? {
    guard let value = object[name] else { return nil }
    guard let text = value.stringValue else { throw .malformed("expected \"\(name)\" to be a string") }
    return text
  }

  private static func bytes(_ name: String, _ object: JSONObject) throws(KeyError) -> [UInt8] {
    guard let text = object[name]?.stringValue, let bytes = Base64URL.decode(text), !bytes.isEmpty else {
      throw .malformed("expected \"\(name)\" to be base64url without padding")
    }
    return bytes
  }
}
