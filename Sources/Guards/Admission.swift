import Synchronization
import Telemetry

/// Decides whether a session may be. Holds what the guards count, which outlives every reload; what they are to enforce comes with the
/// policy.
public final class Admission: Sendable {
  public let rates: RateGuard
  public let connections: ConnectionGuard
  private let draining = Atomic(false)

  /// Counts every session of an address, limited or not, for the security log.
  private static let perAddress = "address"
  private static let failures = "failures"

  /// - Parameters:
  ///   - capacity: most sessions at once.
  ///   - entries: most keys whose rates are remembered.
  public init(capacity: Int, entries: Int = 131_072) {
    rates = RateGuard(entries: entries)
    connections = ConnectionGuard(capacity: capacity)
  }

  /// From now on no session is admitted.
  public func drain() { draining.store(true, ordering: .relaxed) }

  public var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// All guards in order; the first refusal wins.
  ///
  /// - Parameter policy: nil when there is no such route.
  public func admit(_ request: AdmissionRequest, policy: RoutePolicy?, now: Moment) throws(Refusal) -> Admitted {
    var admitted = try enter(request, policy: policy, now: now)
    // `enter` has refused what has no policy.
    guard let policy else { return admitted }
    if let caller = try authenticate(request, policy: policy, now: now) {
      try identify(&admitted, as: caller, policy: policy, now: now)
    }
    return admitted
  }

  /// The guards before the credential; for a route whose clients authenticate inside the socket, all there is before the 101.
  public func enter(_ request: AdmissionRequest, policy: RoutePolicy?, now: Moment) throws(Refusal) -> Admitted {
    guard let policy else { throw Refusal(.notFound) }
    guard policy.enabled else { throw Refusal(.disabled, event: .blockedFeatureDisabled(ip: request.ip)) }
    guard !isDraining else { throw Refusal(.draining, event: .blockedDraining(ip: request.ip)) }
    if let origin = policy.origin, !origin.allows(request.origin) {
      throw Refusal(.forbiddenOrigin, event: .blockedInvalidOrigin(ip: request.ip, origin: request.origin ?? ""))
    }
    let who = Who(address: request.client.key, subject: nil, ip: request.ip)
    let budget = try open(policy, who, now: now)
    let claims = [ConnectionGuard.Claim(LimitKey(Self.perAddress, .address(who.address)))] + self.claims(policy, who)
    let lease: Lease
    do {
      lease = try connections.acquire(claims)
    } catch {
      throw full(error, ip: request.ip)
    }
    return Admitted(client: request.client, ip: request.ip, lease: lease, budget: budget)
  }

  /// Checks the credential alone. Nil when the route asks for none, or takes clients without one.
  public func authenticate(_ request: AdmissionRequest, policy: RoutePolicy, now: Moment) throws(Refusal) -> Caller? {
    guard !policy.credentials.isEmpty else { return nil }
    guard let credential = request.credential, !credential.isEmpty else {
      guard policy.credentialRequired else { return nil }
      throw Refusal(.unauthorized, event: .authFailedNoToken(ip: request.ip))
    }
    let key = LimitKey(Self.failures, .address(request.client.key))
    if let limit = policy.failures {
      let budget = rates.peek(key, limit, now: now.monotonic)
      guard budget.allowed else { throw limited(budget, .authBlockedRateLimit(ip: request.ip)) }
    }
    var failure = CredentialError(request.isAmbiguous ? "ambiguous" : "malformed")
    for method in policy.credentials where !request.isAmbiguous {
      do {
        let caller = try method.check(credential, now: now)
        guard caller.routes?.contains(policy.route) ?? true else {
          throw Refusal(.forbidden, event: .authFailedInvalidToken(ip: request.ip, error: "route_not_allowed"))
        }
        return caller
      } catch let error as CredentialError {
        failure = error
      } catch let refusal as Refusal {
        throw refusal
      } catch {
        failure = CredentialError("failed")
      }
    }
    if let limit = policy.failures { _ = rates.take(key, limit, now: now.monotonic) }
    throw Refusal(
      .unauthorized, message: "Invalid or expired token", closeReason: request.place == .authorization ? "Unauthorized" : "Invalid token",
      challenge: #"Bearer error="invalid_token""#, event: .authFailedInvalidToken(ip: request.ip, error: failure.name))
  }

  /// Counts an admitted session under its caller, too. When a limit of the caller is met, the session is refused and its lease given back
  /// with it.
  public func identify(_ admitted: inout Admitted, as caller: Caller, policy: RoutePolicy, now: Moment) throws(Refusal) {
    let who = Who(address: admitted.client.key, subject: caller.subject, ip: admitted.ip)
    if let budget = try open(policy, who, now: now), budget.remaining < admitted.budget?.remaining ?? .max { admitted.budget = budget }
    do {
      try connections.extend(&admitted.lease, by: claims(policy, who))
    } catch {
      throw full(error, ip: admitted.ip)
    }
    admitted.caller = caller
  }

  /// Limits plain HTTP requests, apart from openings.
  ///
  /// - Parameter path: as it was asked for; credentials in its query are kept from the log.
  public func request(_ client: ClientAddress, ip: String, path: String, limit: Allowance, now: Moment) throws(Refusal) -> Budget {
    let budget = rates.take(LimitKey("http", .address(client.key)), limit, now: now.monotonic)
    guard budget.allowed else { throw limited(budget, .httpRateLimitExceeded(ip: ip, path: path)) }
    return budget
  }

  // MARK: Limits

  private struct Who {
    let address: AddressKey
    /// Nil before the credential was looked at: then the subject's limits wait.
    let subject: String?
    let ip: String
  }

  /// The limits of the known part of `who`: first those of the address and of everyone, later those of the subject.
  private func key(_ name: String, _ scope: LimitScope, _ who: Who) -> LimitKey? {
    switch scope {
    case .everyone: who.subject == nil ? LimitKey(name, .everyone) : nil
    case .address: who.subject == nil ? LimitKey(name, .address(who.address)) : nil
    case .subject: who.subject.map { LimitKey(name, .subject($0)) }
    }
  }

  /// Takes one opening of every limit; the tightest is what the client is told.
  private func open(_ policy: RoutePolicy, _ who: Who, now: Moment) throws(Refusal) -> Budget? {
    var tightest: Budget?
    for limit in policy.opens {
      guard let key = key(limit.name, limit.scope, who) else { continue }
      let budget = rates.take(key, limit.rate, now: now.monotonic)
      guard budget.allowed else { throw limited(budget, .blockedRateLimit(ip: who.ip)) }
      if budget.remaining < tightest?.remaining ?? .max { tightest = budget }
    }
    return tightest
  }

  private func claims(_ policy: RoutePolicy, _ who: Who) -> [ConnectionGuard.Claim] {
    policy.sessions.compactMap { limit in key(limit.name, limit.scope, who).map { ConnectionGuard.Claim($0, most: limit.most) } }
  }

  private func limited(_ budget: Budget, _ event: SecurityEvent) -> Refusal {
    Refusal(.rateLimited, retryAfter: max(1, Budget.seconds(budget.retryAfter)), budget: budget, event: event)
  }

  private func full(_ full: ConnectionGuard.Full, ip: String) -> Refusal {
    guard full.key != nil else {
      return Refusal(.overCapacity, event: .blockedOverCapacity(ip: ip, currentConnections: full.current, maxAllowed: full.most))
    }
    // Nobody knows when a session will end; the answer is a guess, and the same in both headers.
    let wait = UInt64(Refusal.Kind.tooManySessions.retryAfter ?? 0) * 1_000_000_000
    let budget = Budget(allowed: false, limit: full.most, remaining: 0, reset: wait, retryAfter: wait)
    return Refusal(
      .tooManySessions, budget: budget, event: .blockedConnectionLimit(ip: ip, currentConnections: full.current, maxAllowed: full.most))
  }
}
