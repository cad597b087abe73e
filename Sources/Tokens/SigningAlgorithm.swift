/// The signature algorithms of RFC 7518 section 3 and RFC 8037 section 3.1. `none` has no case and can therefore be neither configured nor
/// accepted.
public enum SigningAlgorithm: String, Sendable, CaseIterable {
  case hs256 = "HS256", hs384 = "HS384", hs512 = "HS512"
  case rs256 = "RS256", rs384 = "RS384", rs512 = "RS512"
  case ps256 = "PS256", ps384 = "PS384", ps512 = "PS512"
  case es256 = "ES256", es384 = "ES384", es512 = "ES512"
  case edDSA = "EdDSA"

  /// What kind of signature it is.
  enum Scheme { case hmac, pkcs1, pss, ecdsa, edDSA }

  var scheme: Scheme {
    switch self {
    case .hs256, .hs384, .hs512: .hmac
    case .rs256, .rs384, .rs512: .pkcs1
    case .ps256, .ps384, .ps512: .pss
    case .es256, .es384, .es512: .ecdsa
    case .edDSA: .edDSA
    }
  }

  /// Nil for EdDSA, which hashes by itself.
  var hash: HMAC.Hash? {
    switch self {
    case .hs256, .rs256, .ps256, .es256: .sha256
    case .hs384, .rs384, .ps384, .es384: .sha384
    case .hs512, .rs512, .ps512, .es512: .sha512
    case .edDSA: nil
    }
  }
}
