import Configuration
import Tokens

/// Accepts JSON Web Tokens.
public struct JWTGuard: CredentialGuard {
  public let method = "jwt"
  public let places: Set<CredentialPlace>?
  /// Who a token without a subject is: existing frontends' tokens may have none.
  public static let unknownSubject = "unknown"
  /// Real sets are smaller by far; `JSONWebKeySet` has the same bound.
  private static let maximumBytes = JSONWebKeySet.defaultMaximumBytes

  private let verifier: JSONWebToken.Verifier
  private let published: PublishedKeys?
  private let tierClaim: String?
  private let routesClaim: String?

  /// - Parameters:
  ///   - verifier: with keys of its own, unless `keys` are given.
  ///   - keys: those that an issuer publishes; then ``identify(_:now:)`` may have to ask for them.
  ///   - tierClaim: a claim whose text is the caller's tier.
  ///   - routesClaim: a claim whose text, or list of texts, are the routes that the token is good for; a token without it is good for all.
  ///   - places: where the token may come from; nil is anywhere.
  public init(
    _ verifier: JSONWebToken.Verifier, keys: PublishedKeys? = nil, tierClaim: String? = nil, routesClaim: String? = nil,
    places: Set<CredentialPlace>? = nil
  ) {
    self.verifier = verifier
    published = keys
    self.tierClaim = tierClaim
    self.routesClaim = routesClaim
    self.places = places
  }

  /// Why the issuer's keys could not be renewed; nil when they could, or need not be.
  public var keysFailure: String? { published?.failure }

  /// Decides with the keys at hand.
  public func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller {
    guard let published else { return try caller { () throws(TokenError) in try verifier.verify(credential, now: now.unixSeconds) } }
    let token = try parse(credential)
    guard case .use(let set) = published.state.withLock({ $0.held(at: now.monotonic) }) else { throw CredentialError("keys_unavailable") }
    return try caller { () throws(TokenError) in try verifier.verify(token, keys: .set(set), now: now.unixSeconds) }
  }

  public func identify(_ evidence: Evidence, now: Moment) -> Identification {
    do throws(CredentialError) {
      guard let credential = try evidence.credential(from: places) else { return .absent }
      guard let published else { return .caller(try check(credential, now: now)) }
      // What no key could make acceptable is not worth asking for one.
      let token = try parse(credential)
      switch published.state.withLock({ $0.keys(for: token.keyID, now: now.monotonic) }) {
      case .use(let set):
        return .caller(try caller { () throws(TokenError) in try verifier.verify(token, keys: .set(set), now: now.unixSeconds) })
      case .fetch(let request), .wait(let request): return .ask(inquiry(request, published))
      case .unavailable: return .unavailable(CredentialError("keys_unavailable"))
      }
    } catch {
      return .refused(error)
    }
  }

  public func receive(_ answer: InquiryAnswer, to inquiry: Inquiry, for evidence: Evidence, now: Moment) -> Identification {
    guard let published, case .request(let number) = inquiry.flight.subject else { return .refused(CredentialError("unasked")) }
    // The name was read before; a token that cannot be read has none to remember.
    let keyID = (try? evidence.credential(from: places)).flatMap { $0 }.flatMap { try? parse($0) }?.keyID
    published.state.withLock { keys in
      keys.receive(answer, to: number, now: now.monotonic)
      if let keyID { keys.note(unknown: keyID, now: now.monotonic) }
    }
    return identify(evidence, now: now)
  }

  private func inquiry(_ request: KeySet.Request, _ published: PublishedKeys) -> Inquiry {
    Inquiry(
      .init(owner: ObjectIdentifier(published), subject: .request(request.number)), url: request.url,
      headers: [.init("Accept", "application/json")], timeout: published.timeout, maximumBytes: Self.maximumBytes)
  }

  private func parse(_ credential: String) throws(CredentialError) -> JSONWebToken {
    do { return try verifier.parse(credential) } catch { throw CredentialError(error.name) }
  }

  private func caller(_ verify: () throws(TokenError) -> Claims) throws(CredentialError) -> Caller {
    let claims: Claims
    do throws(TokenError) { claims = try verify() } catch { throw CredentialError(error.name) }
    // A claim that is there and says nothing readable must not open every route.
    let routes = routesClaim.flatMap { name in claims.raw[name] == nil ? nil : claims.strings(name) ?? [] }
    return Caller(
      subject: claims.subject ?? Self.unknownSubject, method: method, tier: tierClaim.flatMap { claims.string($0) }, routes: routes,
      expiresAt: claims.expiresAt)
  }
}
