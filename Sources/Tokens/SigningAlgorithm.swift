/// The signature algorithms of RFC 7518 section 3 that are implemented. Another one is a case here and a branch in `VerificationKey`;
/// `none` has no case and can therefore be neither configured nor accepted.
public enum SigningAlgorithm: String, Sendable, CaseIterable {
  case hs256 = "HS256"
  case hs384 = "HS384"
  case hs512 = "HS512"
}

/// What signatures are checked with. Each kind serves its own algorithms only, so that a public key can never be taken for a shared secret.
public enum VerificationKey: Sendable {
  /// Shared secret of the HS algorithms. RFC 7518 section 3.2 wants at least the hash's length; an empty one verifies nothing.
  case secret([UInt8])

  /// Whether `signature` is this key's signature of `input`; false as well when the key is none for `algorithm`.
  func verifies(_ signature: [UInt8], of input: [UInt8], algorithm: SigningAlgorithm) -> Bool {
    switch (self, algorithm) {
    case (.secret(let secret), .hs256): VerificationKey.matches(signature, input, secret, .sha256)
    case (.secret(let secret), .hs384): VerificationKey.matches(signature, input, secret, .sha384)
    case (.secret(let secret), .hs512): VerificationKey.matches(signature, input, secret, .sha512)
    }
  }

  private static func matches(_ signature: [UInt8], _ input: [UInt8], _ secret: [UInt8], _ hash: HMAC.Hash) -> Bool {
    !secret.isEmpty && ConstantTime.equal(HMAC.code(of: input, key: secret, hash: hash), signature)
  }
}

extension VerificationKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "verification key" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
