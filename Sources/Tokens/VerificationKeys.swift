/// What the signatures of tokens are checked with. Each kind serves its own algorithms only: a public key can never be taken for a shared
/// secret, nor a secret come out of a key set (RFC 8725 section 2.1).
public enum VerificationKeys: Sendable {
  /// Shared secret of the HS algorithms. RFC 7518 section 3.2 wants at least the hash's length; an empty one verifies nothing.
  case secret([UInt8])
  /// One key, whatever `kid` the token names.
  case publicKey(PublicKey)
  /// Several keys; the token's `kid` chooses.
  case set(JSONWebKeySet)

  /// Whether some key of these could ever check such a signature.
  func serve(_ algorithm: SigningAlgorithm) -> Bool {
    switch self {
    case .secret: algorithm.scheme == .hmac
    case .publicKey(let key): key.kind.serves(algorithm)
    case .set: algorithm.scheme != .hmac
    }
  }

  /// - Throws: `.badSignature`, or `.unknownKey`, `.missingKeyID` and `.algorithmNotAllowed` where the set has no key for the token.
  func verify(_ token: JSONWebToken, algorithm: SigningAlgorithm) throws(TokenError) {
    let isGood: Bool
    switch self {
    case .secret(let secret):
      guard algorithm.scheme == .hmac, let hash = algorithm.hash, !secret.isEmpty else { throw .badSignature }
      isGood = ConstantTime.equal(HMAC.code(of: token.signingInput, key: secret, hash: hash), token.signature)
    case .publicKey(let key):
      isGood = key.verifies(token.signature, of: token.signingInput, algorithm: algorithm)
    case .set(let set):
      let key = try set.key(for: token.keyID, algorithm: algorithm)
      isGood = key.verifies(token.signature, of: token.signingInput, algorithm: algorithm)
    }
    guard isGood else { throw .badSignature }
  }
}

extension VerificationKeys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "verification keys" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
