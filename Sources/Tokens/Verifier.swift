import JSON

extension JSONWebToken {
  /// Decides whether a token is believed (RFC 7519 section 7.2, RFC 8725).
  public struct Verifier: Sendable {
    private let algorithms: [SigningAlgorithm]
    private let keys: VerificationKeys?
    private let issuer: String?
    private let audience: [String]
    private let leeway: Int64
    private let requiredClaims: [String]
    private let maximumBytes: Int

    /// - Parameters:
    ///   - algorithms: the only ones accepted, whatever the token's header says. Those that the keys are not made for are left out: HS is
    ///     for a secret alone, and a secret for HS alone.
    ///   - keys: what signatures are checked with. Nil leaves it to each call, which then brings public keys; without them nothing
    ///     verifies.
    ///   - issuer: what `iss` must be; nil does not look at it.
    ///   - audience: one of these is what `aud` must be or contain; none does not look at it.
    ///   - leeway: seconds by which clocks may differ, applied to `exp`, `nbf` and `iat`.
    ///   - requiredClaims: names that must be present and not null.
    public init(
      algorithms: [SigningAlgorithm], keys: VerificationKeys?, issuer: String? = nil, audience: [String] = [], leeway: Int64 = 0,
      requiredClaims: [String] = [], maximumBytes: Int = JSONWebToken.defaultMaximumBytes
    ) {
      self.algorithms = algorithms.filter { keys?.serve($0) ?? ($0.scheme != .hmac) }
      self.keys = keys
      self.issuer = issuer
      self.audience = audience
      self.leeway = leeway
      self.requiredClaims = requiredClaims
      self.maximumBytes = maximumBytes
    }

    /// With a shared secret; an empty one verifies nothing.
    public init(
      algorithms: [SigningAlgorithm], secret: [UInt8], issuer: String? = nil, audience: [String] = [], leeway: Int64 = 0,
      requiredClaims: [String] = [], maximumBytes: Int = JSONWebToken.defaultMaximumBytes
    ) {
      self.init(
        algorithms: algorithms, keys: .secret(secret), issuer: issuer, audience: audience, leeway: leeway, requiredClaims: requiredClaims,
        maximumBytes: maximumBytes)
    }

    /// - Parameter now: Unix seconds.
    /// - Throws: form and signature errors first; a claim is only looked at once the signature is good.
    public func verify(_ token: String, now: Int64) throws(TokenError) -> Claims {
      let token = try parse(token)
      guard let keys else { throw .badSignature }
      return try verify(token, keys: keys, now: now)
    }

    /// Takes a token apart within the size that this verifier allows, and refuses it if no key could make it acceptable.
    ///
    /// - Throws: `.tooLarge`, `.malformed`, `.unsupportedCritical` or `.algorithmNotAllowed`.
    public func parse(_ token: String) throws(TokenError) -> JSONWebToken {
      let token = try JSONWebToken(parsing: token, maximumBytes: maximumBytes)
      _ = try algorithm(of: token)
      return token
    }

    /// The same with keys that are only known now, such as those an issuer publishes.
    public func verify(_ token: JSONWebToken, keys: VerificationKeys, now: Int64) throws(TokenError) -> Claims {
      let algorithm = try algorithm(of: token)
      guard keys.serve(algorithm) else { throw .algorithmNotAllowed(token.algorithmName) }
      try keys.verify(token, algorithm: algorithm)
      return try check(token.payload, now: now)
    }

    private func algorithm(of token: JSONWebToken) throws(TokenError) -> SigningAlgorithm {
      guard let algorithm = algorithms.first(where: { Verifier.same($0.rawValue, token.algorithmName) }) else {
        throw .algorithmNotAllowed(token.algorithmName)
      }
      return algorithm
    }

    private func check(_ claims: JSONObject, now: Int64) throws(TokenError) -> Claims {
      let expires = try Verifier.date("exp", claims)
      let begins = try Verifier.date("nbf", claims)
      let issued = try Verifier.date("iat", claims)
      for name in ["iss", "sub"] {
        if let value = claims[name], value.stringValue == nil { throw .malformed("claims: expected \"\(name)\" to be a string") }
      }
      // Doubles: no sum of a hostile date and a leeway can overflow. "On or after" expires (RFC 7519 section 4.1.4).
      if let expires, Double(now) >= expires + Double(leeway) { throw .expired }
      // A token that comes from the future was made by a clock that is wrong, and so are its other times.
      if let issued, Double(now) < issued - Double(leeway) { throw .notYetValid }
      if let begins, Double(now) < begins - Double(leeway) { throw .notYetValid }
      if let issuer {
        guard let claim = claims["iss"]?.stringValue else { throw .missingClaim("iss") }
        guard Verifier.same(claim, issuer) else { throw .wrongIssuer }
      }
      try checkAudience(claims["aud"])
      for name in requiredClaims where claims[name].map(\.isNull) ?? true { throw .missingClaim(name) }
      return Claims(raw: .object(claims), expiresAt: expires.map { Int64(clamping: $0) })
    }

    /// RFC 7519 section 4.1.3: a string or a list of strings.
    private func checkAudience(_ claim: JSONValue?) throws(TokenError) {
      let members: [String]?
      switch claim {
      case nil: members = nil
      case .string(let text): members = [text]
      case .array(let elements) where elements.allSatisfy({ $0.stringValue != nil }): members = elements.compactMap(\.stringValue)
      default: throw .malformed("claims: expected \"aud\" to be a string or a list of strings")
      }
      guard !audience.isEmpty else { return }
      guard let members else { throw .missingClaim("aud") }
      guard members.contains(where: { member in audience.contains { Verifier.same(member, $0) } }) else { throw .wrongAudience }
    }

    /// RFC 7519 section 2, NumericDate: seconds, possibly with a fraction.
    private static func date(_ name: String, _ claims: JSONObject) throws(TokenError) -> Double? {
      guard let value = claims[name] else { return nil }
      guard let seconds = value.doubleValue else { throw .malformed("claims: expected \"\(name)\" to be a number") }
      return seconds
    }

    /// Byte by byte; Swift's own equality lets canonically equivalent texts pass (RFC 7519 section 2, StringOrURI).
    private static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
  }
}

extension Int64 {
  /// Rounded down and clamped into range.
  fileprivate init(clamping value: Double) {
    self = Int64(exactly: value.rounded(.down)) ?? (value < 0 ? .min : .max)
  }
}
