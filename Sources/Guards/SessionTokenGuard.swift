import Tokens

/// Accepts the tokens that the gateway gave out itself. Whoever passes has used the token up, unless it may be used again.
public struct SessionTokenGuard: CallerGuard {
  static let name = "session_token"
  public let method = SessionTokenGuard.name
  public let terms: SessionTokenStore.Terms
  private let store: SessionTokenStore

  public init(_ terms: SessionTokenStore.Terms, store: SessionTokenStore) {
    self.terms = terms
    self.store = store
  }

  /// A token for whoever asked for one, and may.
  public func issue(to caller: Caller?, for evidence: Evidence, now: Moment) throws(CredentialError) -> SessionTokenStore.Issued {
    try store.issue(terms, to: caller, for: evidence, now: now)
  }

  public func identify(_ evidence: Evidence, now: Moment) -> Identification {
    do throws(CredentialError) {
      guard let credential = try evidence.credential(from: nil) else { return .absent }
      guard let fingerprint = SessionToken.fingerprint(of: credential) else { throw CredentialError("malformed") }
      return .caller(try store.redeem(fingerprint, issuer: terms.issuer, for: evidence, now: now))
    } catch {
      return .refused(error)
    }
  }
}
