import Tokens

/// Accepts JSON Web Tokens.
public struct JWTGuard: CredentialGuard {
  public let method = "jwt"
  /// Who a token without a subject is: existing frontends' tokens may have none.
  static let unknownSubject = "unknown"

  private let verifier: JSONWebToken.Verifier
  private let tierClaim: String?
  private let routesClaim: String?

  /// - Parameters:
  ///   - tierClaim: a claim whose text is the caller's tier.
  ///   - routesClaim: a claim whose text, or list of texts, are the routes that the token is good for; a token without it is good for all.
  public init(_ verifier: JSONWebToken.Verifier, tierClaim: String? = nil, routesClaim: String? = nil) {
    self.verifier = verifier
    self.tierClaim = tierClaim
    self.routesClaim = routesClaim
  }

  public func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller {
    let claims: Claims
    do {
      claims = try verifier.verify(credential, now: now.unixSeconds)
    } catch {
      throw CredentialError(error.name)
    }
    // A claim that is there and says nothing readable must not open every route.
    let routes = routesClaim.flatMap { name in claims.raw[name] == nil ? nil : claims.strings(name) ?? [] }
    return Caller(
      subject: claims.subject ?? Self.unknownSubject, method: method, tier: tierClaim.flatMap { claims.string($0) }, routes: routes,
      expiresAt: claims.expiresAt)
  }
}
