/// Why a token is refused. Nothing of a token is ever printed but the names of its algorithm and claims, cut short.
public enum TokenError: Error, Equatable, Sendable {
  /// No token of the expected form; the text says what was expected.
  case malformed(String)
  case tooLarge(limit: Int)
  case algorithmNotAllowed(String)
  /// RFC 7515 section 4.1.11: the header demands an extension that is not understood.
  case unsupportedCritical
  /// The header names a key (`kid`) that the set does not have; newer keys may.
  case unknownKey(String)
  /// The header names no key and the set has several.
  case missingKeyID
  case badSignature
  case expired
  case notYetValid
  case wrongIssuer
  case wrongAudience
  case missingClaim(String)

  /// Stable name for logs, metrics and refusals.
  public var name: String {
    switch self {
    case .malformed: "malformed"
    case .tooLarge: "too_large"
    case .algorithmNotAllowed: "algorithm_not_allowed"
    case .unsupportedCritical: "unsupported_critical"
    case .unknownKey: "unknown_key"
    case .missingKeyID: "missing_key_id"
    case .badSignature: "bad_signature"
    case .expired: "expired"
    case .notYetValid: "not_yet_valid"
    case .wrongIssuer: "wrong_issuer"
    case .wrongAudience: "wrong_audience"
    case .missingClaim: "missing_claim"
    }
  }
}

extension TokenError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let expected): "token is malformed: \(expected)"
    case .tooLarge(let limit): "token is too large, expected at most \(limit) bytes"
    case .algorithmNotAllowed(let name): "token algorithm \"\(name.prefix(16))\" is not allowed"
    case .unsupportedCritical: "token header demands an unknown critical extension"
    case .unknownKey: "token is signed with an unknown key"
    case .missingKeyID: "token does not name its key"
    case .badSignature: "token signature does not match"
    case .expired: "token has expired"
    case .notYetValid: "token is not valid yet"
    case .wrongIssuer: "token is from another issuer"
    case .wrongAudience: "token is for another audience"
    case .missingClaim(let name): "token lacks the claim \"\(name)\""
    }
  }
}
