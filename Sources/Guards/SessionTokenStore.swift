import Configuration
import Synchronization
import Telemetry
import Tokens

/// The session tokens that are out, in this process: what each is good for, by its fingerprint. It outlives every reload.
public final class SessionTokenStore: Sendable {
  /// What tokens of one method are good for.
  public struct Terms: Sendable, Equatable {
    /// The method's name in the route table: a token is good for the method that gave it out.
    public var issuer: String
    /// How long it may wait for its session.
    public var lifetime = Duration.seconds(300)
    /// Whether it opens one session, or any number until it expires.
    public var isSingleUse = true
    /// What it is bound to of whoever fetched it.
    public var bind: Set<SessionTokenMethod.Binding> = [.route]

    public init(issuer: String) {
      self.issuer = issuer
    }
  }

  /// A token for a client.
  public struct Issued: Sendable, Equatable {
    public let token: String
    /// Unix seconds.
    public let expiresAt: Int64

    public init(token: String, expiresAt: Int64) {
      self.token = token
      self.expiresAt = expiresAt
    }

    /// `{"token":"...","expiresAt":"2026-11-27T06:56:06.000Z"}`
    public var body: [UInt8] {
      Array(#"{"token":"\#(token)","expiresAt":"\#(Timestamp(milliseconds: expiresAt * 1000).rfc3339)"}"#.utf8)
    }
  }

  private struct Grant {
    let issuer: String
    let caller: Caller
    let isSingleUse: Bool
    let route: String?
    let origin: Origin?
    let address: AddressKey?
  }

  private let grants: Mutex<ExpiringTable<Fingerprint, Grant>>

  /// - Parameters:
  ///   - capacity: most tokens that are out, about 250 bytes each; beyond, the one given out first makes room.
  ///   - evictions: counts those that did so while they were good.
  public init(capacity: Int = 65_536, evictions: Counter = Counter()) {
    grants = Mutex(ExpiringTable(capacity: capacity, evictions: evictions))
  }

  /// Tokens that are out, and some that have expired since the last call.
  public var count: Int { grants.withLock { $0.count } }

  /// Gives out a token.
  ///
  /// - Parameters:
  ///   - caller: who fetched it; nil where anybody may.
  ///   - evidence: the request that fetched it. Its `route` is the route that the token is for.
  /// It is good no longer than the credential that fetched it.
  ///
  /// - Throws: `origin_missing` where it is to be bound to an origin and none came with the request; `expired` where that credential is good
  ///   no more.
  public func issue(_ terms: Terms, to caller: Caller?, for evidence: Evidence, now: Moment) throws(CredentialError) -> Issued {
    let lifetime = min(terms.lifetime, caller?.expiresAt.map { .seconds($0 - now.unixSeconds) } ?? terms.lifetime)
    guard lifetime > .zero else { throw Self.expired }
    let origin = evidence.origin.flatMap { Origin($0[...]) }
    if terms.bind.contains(.origin), origin == nil { throw CredentialError("origin_missing") }
    let holder = Caller(
      subject: caller?.subject ?? JWTGuard.unknownSubject, method: SessionTokenGuard.name, tier: caller?.tier, routes: caller?.routes,
      expiresAt: caller?.expiresAt, apiKey: caller?.apiKey)
    let grant = Grant(
      issuer: terms.issuer, caller: holder, isSingleUse: terms.isSingleUse, route: terms.bind.contains(.route) ? evidence.route : nil,
      origin: terms.bind.contains(.origin) ? origin : nil, address: terms.bind.contains(.address) ? evidence.client.key : nil)
    let token = SessionToken()
    let until = now.monotonic.advanced(by: lifetime)
    grants.withLock { $0.store(grant, for: token.fingerprint, until: until, now: now.monotonic) }
    return Issued(token: token.text, expiresAt: now.unixSeconds + lifetime.components.seconds)
  }

  /// Takes a token back for a session.
  ///
  /// One that is presented where it is not good for stays out: whoever holds it by right may still use it.
  ///
  /// - Throws: `unknown_token` for one that was never given out, has expired or was used; `expired` where the credential that fetched it has,
  ///   which the clock of the day decides; `wrong_route`, `wrong_origin`, `wrong_address`.
  public func redeem(_ fingerprint: Fingerprint, issuer: String, for evidence: Evidence, now: Moment) throws(CredentialError) -> Caller {
    let result: Result<Caller, CredentialError> = grants.withLock { grants in
      grants.prune(now: now.monotonic)
      guard let grant = grants.value(fingerprint, now: now.monotonic), grant.issuer == issuer else {
        return .failure(CredentialError("unknown_token"))
      }
      if let expiry = grant.caller.expiresAt, expiry <= now.unixSeconds { return .failure(Self.expired) }
      if let problem = Self.mismatch(grant, evidence) { return .failure(problem) }
      if grant.isSingleUse { grants.remove(fingerprint) }
      return .success(grant.caller)
    }
    return try result.get()
  }

  private static let expired = CredentialError("expired")

  private static func mismatch(_ grant: Grant, _ evidence: Evidence) -> CredentialError? {
    if let route = grant.route, route != evidence.route { return CredentialError("wrong_route") }
    if let origin = grant.origin, evidence.origin.flatMap({ Origin($0[...]) }) != origin { return CredentialError("wrong_origin") }
    if let address = grant.address, evidence.client.key != address { return CredentialError("wrong_address") }
    return nil
  }
}

extension SessionTokenStore.Issued: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "session token until \(expiresAt)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
