import Configuration
import Guards
import JSON
import Tokens

/// Makes a token that a route takes, for whoever tries the route out on a development gateway.
enum DevelopmentToken: Sendable {
  case session(SessionTokenGuard)
  case jwt(Secret, JWTMethod, HMAC.Hash)

  /// Whom such a token names.
  private static let subject = "playground"
  private static let seconds: Int64 = 300

  /// Nil for a method whose credentials are others' to give.
  init?(_ method: AuthenticationMethod, _ taker: (any CallerGuard)?, environment: [String: String]) {
    switch method {
    case .sessionToken:
      guard let tokens = taker as? SessionTokenGuard else { return nil }
      self = .session(tokens)
    case .jwt(let method):
      let hashes = method.algorithms.compactMap { HMAC.Hash($0) }
      guard let hash = hashes.first, let secret = try? method.secret?.resolve(environment: environment),
        Set(method.requiredClaims).isSubset(of: ["exp", "iat", "nbf", "sub", "iss", "aud"]), Self.isReachable(method.from)
      else { return nil }
      self = .jwt(secret, method, hash)
    case .apiKey, .forward, .introspection, .mutualTLS: return nil
    }
  }

  /// Whether a page can put a credential where the method looks.
  private static func isReachable(_ places: [CredentialPlace]) -> Bool {
    places.contains { [.query, .subprotocol, .message].contains($0) }
  }

  /// - Parameter evidence: the request for it; its `route` is the route that the token is for.
  func issue(for evidence: Evidence, now: Moment) throws(CredentialError) -> SessionTokenStore.Issued {
    switch self {
    case .session(let tokens):
      return try tokens.issue(to: Caller(subject: Self.subject, method: "playground"), for: evidence, now: now)
    case .jwt(let secret, let method, let hash):
      let expiry = now.unixSeconds + Self.seconds
      var claims: JSONObject = [
        "sub": .string(Self.subject), "iat": .int(now.unixSeconds), "nbf": .int(now.unixSeconds), "exp": .int(expiry),
      ]
      if let issuer = method.issuer { claims["iss"] = .string(issuer) }
      if let audience = method.audience.first { claims["aud"] = .string(audience) }
      if let name = method.routesClaim { claims[name] = [.string(evidence.route)] }
      let token = JSONWebToken.sign(.object(claims), secret: Array(secret.reveal().utf8), hash: hash)
      return SessionTokenStore.Issued(token: token, expiresAt: expiry)
    }
  }
}

extension HMAC.Hash {
  /// Nil for what no shared secret signs.
  fileprivate init?(_ algorithm: JWTMethod.Algorithm) {
    switch algorithm {
    case .hs256: self = .sha256
    case .hs384: self = .sha384
    case .hs512: self = .sha512
    default: return nil
    }
  }
}
