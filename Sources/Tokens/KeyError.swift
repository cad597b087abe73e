/// Why a key or a key set cannot be used. Nothing of a key is ever printed.
public enum KeyError: Error, Equatable, Sendable {
  /// Not of the expected form; the text says what was expected.
  case malformed(String)
  /// Well-formed and not a key that verifies signatures here; the text says what it is.
  case unsupported(String)
  /// RFC 7518 section 3.3: RSA keys have at least 2048 bits.
  case tooWeak(bits: Int)
  /// Not a point of its curve.
  case invalidPoint
  /// A private key where a public one belongs: the file is in too many hands.
  case privateKey
  case tooLarge(limit: Int)
  case tooManyKeys(limit: Int)
  /// Two keys of one `kid` that serve the same algorithm.
  case duplicateKeyID
  /// A set without a single key to verify with.
  case noKeys
}

extension KeyError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let expected): "key is malformed: \(expected)"
    case .unsupported(let what): "key is not usable: \(what)"
    case .tooWeak(let bits): "rsa key has \(bits) bits, expected at least \(PublicKey.minimumBits)"
    case .invalidPoint: "key is not a point of its curve"
    case .privateKey: "key is a private one, expected the public key only"
    case .tooLarge(let limit): "key is too large, expected at most \(limit) bytes"
    case .tooManyKeys(let limit): "key set has too many keys, expected at most \(limit)"
    case .duplicateKeyID: "key set names two keys alike, expected distinct \"kid\""
    case .noKeys: "key set has no key that verifies signatures"
    }
  }
}
