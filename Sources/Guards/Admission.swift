import Synchronization
import Telemetry

/// Decides whether a session may be. Holds what the guards count, which outlives every reload; what they are to enforce comes with the
/// policy.
public final class Admission: Sendable {
  public let rates: RateGuard
  public let connections: ConnectionGuard
  public let meters: MeterTable
  /// What was turned off while the gateway runs.
  public let switches = KillSwitches()
  /// What strangers may hold before they get here.
  public let handshakes: HandshakeGuard
  /// Credentials that are being looked at, by address.
  let attempts = ConnectionGuard(capacity: .max)
  private let draining = Atomic(false)

  /// Counts every session of an address, limited or not, for the security log.
  static let perAddress = "address"

  /// - Parameters:
  ///   - capacity: most sessions at once.
  ///   - entries: most keys whose rates are remembered.
  ///   - metrics: where what was forgotten is counted.
  public init(
    capacity: Int, entries: Int = 131_072, handshakes: HandshakeGuard.Limits = HandshakeGuard.Limits(),
    metrics: GatewayMetrics = GatewayMetrics()
  ) {
    rates = RateGuard(entries: entries, evictions: metrics.storeEvictions("rates"))
    connections = ConnectionGuard(capacity: capacity)
    meters = MeterTable(entries: entries, evictions: metrics.storeEvictions("meters"))
    self.handshakes = HandshakeGuard(handshakes)
  }

  /// From now on no session is admitted.
  public func drain() { draining.store(true, ordering: .relaxed) }

  public var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// All guards in order; the first refusal wins.
  ///
  /// Which limits hold may depend on who is calling; that is found out first where it does.
  ///
  /// - Parameters:
  ///   - policy: nil when there is no such route.
  ///   - now: read again after the answer, which takes its time.
  ///   - caller: finds out, by ``caller(_:_:policy:by:heard:now:)``. Called at most once.
  public func admit(
    _ request: AdmissionRequest, policy: RoutePolicy?, now: () -> Moment, caller: () async throws(Refusal) -> Caller?
  ) async throws(Refusal) -> Admitted {
    let policy = try pass(request, policy: policy)
    guard !policy.tiers.isEmpty else {
      var admitted = try seat(request, under: policy.tier, now: now())
      let caller = try await caller()
      try identify(&admitted, as: caller, policy: policy, now: now())
      return admitted
    }
    let known: Caller?
    do throws(Refusal) { known = try await caller() } catch { throw failed(error, request, policy, now: now()) }
    var admitted = try seat(request, under: policy.tier(of: known), now: now())
    try identify(&admitted, as: known, policy: policy, now: now())
    return admitted
  }

  /// The guards before the credential; for a route whose clients authenticate inside the socket, all there is before the 101.
  ///
  /// The limits of route and gateway, which strangers must not use up for others, wait for ``identify(_:as:policy:now:)``.
  public func enter(_ request: AdmissionRequest, policy: RoutePolicy?, now: Moment) throws(Refusal) -> Admitted {
    try seat(request, under: pass(request, policy: policy).tier, now: now)
  }

  /// The guards that need no count alone: switches, networks, origins. For requests that are no session.
  public func allows(_ request: AdmissionRequest, policy: RoutePolicy) throws(Refusal) {
    _ = try pass(request, policy: policy)
  }

  /// What needs no count: switches, networks, origins.
  private func pass(_ request: AdmissionRequest, policy: RoutePolicy?) throws(Refusal) -> RoutePolicy {
    guard switches.isOn else { throw Refusal(.disabled, event: .blockedFeatureDisabled(ip: request.ip)) }
    guard let policy else { throw Refusal(.notFound) }
    guard policy.enabled, switches.isOn(route: policy.route) else {
      throw Refusal(.disabled, event: .blockedFeatureDisabled(ip: request.ip))
    }
    guard !isDraining else { throw Refusal(.draining, event: .blockedDraining(ip: request.ip)) }
    if let networks = policy.networks, !networks.allows(request.client) {
      throw Refusal(.forbiddenNetwork, event: .blockedNetwork(ip: request.ip))
    }
    if let origin = policy.origin, !origin.allows(request.origin) {
      throw Refusal(.forbiddenOrigin, event: .blockedInvalidOrigin(ip: request.ip, origin: request.origin ?? ""))
    }
    return policy
  }

  /// The limits of the address.
  private func seat(_ request: AdmissionRequest, under tier: TierPolicy, now: Moment) throws(Refusal) -> Admitted {
    let party = Party(address: request.client.key)
    let budget = try open(tier, party, ip: request.ip, now: now)
    let meters = try meters(tier, party, ip: request.ip, now: now)
    let counted = ConnectionGuard.Claim(LimitKey(own: Self.perAddress, .address(request.client.key)))
    do {
      let lease = try connections.acquire([counted] + claims(tier, party))
      return Admitted(
        client: request.client, ip: request.ip, tier: tier, lease: lease, budget: budget, meters: meters)
    } catch {
      throw full(error, ip: request.ip)
    }
  }

  /// A failed attempt is a stranger's and counts like any other; the limit that it meets, if any, comes before its own failure.
  private func failed(_ failure: Refusal, _ request: AdmissionRequest, _ policy: RoutePolicy, now: Moment) -> Refusal {
    do throws(Refusal) {
      _ = try seat(request, under: policy.tier, now: now)
      return failure
    } catch {
      return error
    }
  }

  /// The limits of the caller, the route and the gateway. When one of them is met the session is refused, and its lease is given back with
  /// it.
  ///
  /// A caller whose credential names another tier than the session was counted under is counted under that one instead.
  ///
  /// - Parameter caller: nil where nobody was asked, or came without a credential and may.
  public func identify(_ admitted: inout Admitted, as caller: Caller?, policy: RoutePolicy, now: Moment) throws(Refusal) {
    let tier = policy.tier(of: caller)
    let isOther = tier.name != admitted.tier.name
    let party = Party(address: isOther ? admitted.client.key : nil, route: policy.route, caller: caller)
    let budget = try open(tier, party, ip: admitted.ip, now: now)
    let meters = try meters(tier, party, ip: admitted.ip, now: now)
    do {
      // The first count is the address's own, whatever the tier.
      try connections.extend(&admitted.lease, by: claims(tier, party), keeping: isOther ? 1 : nil)
    } catch {
      throw full(error, ip: admitted.ip)
    }
    admitted.budget = Budget.tighter(isOther ? nil : admitted.budget, budget)
    admitted.meters = (isOther ? [] : admitted.meters) + meters
    admitted.tier = tier
    admitted.caller = caller
    if let caller, let named = caller.tier, named != tier.name {
      admitted.notices.append(.authUnknownTier(ip: admitted.ip, userId: caller.subject, tier: named))
    }
  }

  /// Whether a session that is open may have another upstream: while its route is on, and where the client asks for it, while its credential
  /// is good.
  ///
  /// - Parameters:
  ///   - policy: of its route as it is in force; nil where there is none any more.
  ///   - tier: whose openings this one is taken from; nil where it is none of the client's, and goes on while the gateway drains.
  public func readmit(
    _ request: AdmissionRequest, as caller: Caller?, policy: RoutePolicy?, opening tier: TierPolicy?, now: Moment
  ) throws(Refusal) {
    guard let policy, policy.enabled, switches.isOn(route: policy.route) else {
      throw Refusal(.disabled, event: .blockedFeatureDisabled(ip: request.ip))
    }
    // A credential opens a session and does not end it, and so it is with what takes up that session.
    guard let tier else { return }
    if let expiry = caller?.expiresAt, expiry <= now.unixSeconds {
      throw Refusal(
        .unauthorized, message: "Invalid or expired token", closeReason: "Invalid token",
        event: .authFailedInvalidToken(ip: request.ip, error: "expired"))
    }
    guard !isDraining else { throw Refusal(.draining, event: .blockedDraining(ip: request.ip)) }
    let party = Party(address: request.client.key, route: policy.route, caller: caller)
    _ = try open(tier, party, ip: request.ip, now: now)
    _ = try meters(tier, party, ip: request.ip, now: now)
  }

  /// Limits plain HTTP requests, apart from openings.
  ///
  /// - Parameters:
  ///   - path: as it was asked for; credentials in its query are kept from the log.
  ///   - kind: names the count; requests of one kind share it.
  public func request(
    _ client: ClientAddress, ip: String, path: String, of kind: String, limit: Allowance, now: Moment
  ) throws(Refusal) -> Budget {
    let budget = rates.take(LimitKey(own: kind, .address(client.key)), limit, now: now.monotonic)
    guard budget.allowed else { throw limited(budget, .httpRateLimitExceeded(ip: ip, path: path)) }
    return budget
  }

  // MARK: Limits

  /// Takes one opening of every limit that counts the party; the tightest is what the client is told.
  private func open(_ tier: TierPolicy, _ party: Party, ip: String, now: Moment) throws(Refusal) -> Budget? {
    var tightest: Budget?
    for limit in tier.opens {
      guard let key = party.key(limit.name, limit.scope) else { continue }
      let budget = rates.take(key, limit.most, now: now.monotonic)
      guard budget.allowed else { throw limited(budget, .blockedRateLimit(ip: ip)) }
      tightest = Budget.tighter(tightest, budget)
    }
    return tightest
  }

  private func claims(_ tier: TierPolicy, _ party: Party) -> [ConnectionGuard.Claim] {
    tier.sessions.compactMap { limit in party.key(limit.name, limit.scope).map { ConnectionGuard.Claim($0, most: limit.most) } }
  }

  /// The limits inside the session. What a vendor bills is known only when it has been used: with nothing left there is no session.
  private func meters(_ tier: TierPolicy, _ party: Party, ip: String, now: Moment) throws(Refusal) -> [Metered] {
    var found: [Metered] = []
    for limit in tier.meters {
      guard let key = party.key(limit.name, limit.scope) else { continue }
      let meter = meters.meter(limit.measure, key, limit.rate, now: now.monotonic)
      if limit.measure == .usage {
        let budget = meter.budget(now: now.monotonic)
        guard budget.allowed else { throw limited(budget, .blockedRateLimit(ip: ip), limit.measure.exceeded) }
      }
      found.append(Metered(limit.measure, limit: limit.name, per: limit.scope, meter, mark: tier.mark(limit.measure, burst: meter.burst)))
    }
    return found
  }

  private func limited(_ budget: Budget, _ event: SecurityEvent, _ words: String? = nil) -> Refusal {
    Refusal(
      .rateLimited, message: words, closeReason: words, retryAfter: max(1, Budget.seconds(budget.retryAfter)), budget: budget, event: event)
  }

  func full(_ full: ConnectionGuard.Full, ip: String) -> Refusal {
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
