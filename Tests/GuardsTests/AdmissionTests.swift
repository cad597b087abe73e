import Configuration
import Telemetry
import TestSupport
import Testing
@testable import Guards

@Suite struct AdmissionTests {
  private let admission = Admission(capacity: 100)
  private let ip = "192.168.1.xxx"

  private func policy(_ change: (inout RoutePolicy) -> Void = { _ in }) -> RoutePolicy {
    var policy = RoutePolicy("/r")
    change(&policy)
    return policy
  }

  /// What the session was refused with; nil when it was admitted (and is over at once).
  private func refused(_ request: AdmissionRequest, _ policy: RoutePolicy?, at now: Moment = moment()) async -> Refusal? {
    await later { () async throws(Refusal) in _ = try await admission.admit(request, policy: policy, now: now) }
  }

  private func refused(_ policy: RoutePolicy?, at now: Moment = moment()) async -> Refusal? { await refused(request(), policy, at: now) }

  @Test func withoutGuardsEverybodyIsIn() async throws {
    let admitted = try await admission.admit(request(), policy: policy(), now: moment())
    let (caller, sessions, headers) = (admitted.caller, admitted.sessions, admitted.headers.count)
    #expect(caller == nil)
    #expect(sessions == 1)
    #expect(headers == 0)
    #expect(admission.connections.total == 1)
    let left = admitted.release()
    #expect(left == 0)
    #expect(admission.connections.total == 0)
  }

  @Test func noRoute() async {
    #expect(await refused(nil) == Refusal(.notFound))
  }

  @Test func disabled() async {
    #expect(await refused(policy { $0.enabled = false }) == Refusal(.disabled, event: .blockedFeatureDisabled(ip: ip)))
  }

  @Test func switchedOffWhileRunning() async {
    admission.switches.turn(route: "/r", false, by: .admin)
    #expect(await refused(policy()) == Refusal(.disabled, event: .blockedFeatureDisabled(ip: ip)))
    #expect(await refused(RoutePolicy("/other")) == nil)
    admission.switches.turn(route: "/r", true, by: .admin)
    #expect(await refused(policy()) == nil)
    admission.switches.turn(false, by: .environment)
    #expect(await refused(RoutePolicy("/other"))?.type == "disabled")
    #expect(await refused(nil)?.type == "disabled")
  }

  @Test func networksComeBeforeOrigins() async {
    let policy = policy {
      $0.networks = NetworkGuard(denied: networks("192.168.1.0/24"))
      $0.origin = OriginGuard([], allowsMissing: false)
    }
    #expect(await refused(policy) == Refusal(.forbiddenNetwork, event: .blockedNetwork(ip: ip)))
    #expect(await refused(request(from: "192.168.2.1"), policy)?.type == "forbidden_origin")
  }

  @Test func draining() async {
    #expect(!admission.isDraining)
    admission.drain()
    #expect(admission.isDraining)
    #expect(await refused(policy()) == Refusal(.draining, event: .blockedDraining(ip: ip)))
  }

  @Test func origin() async throws {
    let origins = OriginGuard([try #require(OriginPattern("https://yourdomain.com"))], allowsMissing: false)
    let policy = policy { $0.origin = origins }
    #expect(await refused(request(origin: "https://yourdomain.com"), policy) == nil)
    #expect(
      await refused(request(origin: "https://evil-yourdomain.com"), policy)
        == Refusal(.forbiddenOrigin, event: .blockedInvalidOrigin(ip: ip, origin: "https://evil-yourdomain.com")))
    #expect(await refused(policy)?.event == .blockedInvalidOrigin(ip: ip, origin: ""))
  }

  @Test func opensPerWindow() async throws {
    let policy = policy { $0.tier.opens = [.init("/r", per: .address, Allowance(count: 10, per: minute))] }
    for number in 0..<10 {
      let admitted = try await admission.admit(request(), policy: policy, now: moment(UInt64(number) * second))
      let remaining = admitted.headers.first { $0.name == "RateLimit-Remaining" }?.value
      #expect(remaining == String(9 - number))
    }
    let refusal = await refused(policy, at: moment(10 * second))
    #expect(refusal?.type == "rate_limited")
    #expect(refusal?.event == .blockedRateLimit(ip: ip))
    #expect(refusal?.retryAfter == 50)
    #expect(
      refusal?.headers.dropFirst(2).map { "\($0.name): \($0.value)" } == [
        "Retry-After: 50", "RateLimit-Limit: 10", "RateLimit-Remaining: 0", "RateLimit-Reset: 50",
      ])
    #expect(await refused(request(from: "192.168.1.11"), policy, at: moment(10 * second)) == nil)
    #expect(await refused(policy, at: moment(minute)) == nil)
  }

  @Test func theTightestLimitIsTold() async throws {
    let policy = policy {
      $0.tier.opens = [
        .init("gateway", per: .gateway, Allowance(count: 1000, per: minute)), .init("/r", per: .address, Allowance(count: 3, per: minute)),
        .init("tier", per: .address, Allowance(count: 50, per: minute)),
      ]
    }
    let admitted = try await admission.admit(request(), policy: policy, now: moment())
    let headers = admitted.headers.map(\.value)
    #expect(headers == ["3", "2", "60"])
  }

  @Test func concurrentSessions() async throws {
    let policy = policy { $0.tier.sessions = [.init("/r", per: .address, 1)] }
    let first = try await admission.admit(request(), policy: policy, now: moment())
    let refusal = await refused(policy)
    #expect(refusal?.type == "too_many_sessions")
    #expect(refusal?.event == .blockedConnectionLimit(ip: ip, currentConnections: 1, maxAllowed: 1))
    #expect(
      refusal?.headers.dropFirst(2).map { "\($0.name): \($0.value)" } == [
        "Retry-After: 10", "RateLimit-Limit: 1", "RateLimit-Remaining: 0", "RateLimit-Reset: 10",
      ])
    #expect(await refused(request(from: "192.168.1.11"), policy) == nil)
    first.release()
    #expect(await refused(policy) == nil)
  }

  @Test func sessionsOfTheRouteAsAWhole() async throws {
    let policy = policy { $0.tier.sessions = [.init("/r", per: .gateway, 1)] }
    let first = try await admission.admit(request(), policy: policy, now: moment())
    #expect(await refused(request(from: "192.168.1.11"), policy)?.type == "too_many_sessions")
    first.release()
  }

  @Test func overCapacity() async throws {
    let small = Admission(capacity: 1)
    let first = try await small.admit(request(), policy: policy(), now: moment())
    let refusal = await later { () async throws(Refusal) in _ = try await small.admit(request(), policy: policy(), now: moment()) }
    #expect(refusal == Refusal(.overCapacity, event: .blockedOverCapacity(ip: ip, currentConnections: 1, maxAllowed: 1)))
    first.release()
  }

  @Test func credentialMissing() async {
    let policy = policy { $0.credentials = [jwt()] }
    for credential in [nil, ""] {
      let refusal = await refused(request(credential: credential), policy)
      #expect(refusal == Refusal(.unauthorized, event: .authFailedNoToken(ip: ip)))
      #expect(refusal?.challenge == "Bearer")
      #expect(refusal?.closeReason == "Authentication required")
    }
  }

  @Test(arguments: [
    (CredentialPlace.query, "Invalid token"), (.authorization, "Unauthorized"), (.subprotocol, "Invalid token"),
    (nil, "Invalid token"),
  ])
  func credentialWrong(_ place: CredentialPlace?, _ reason: String) async {
    let policy = policy { $0.credentials = [jwt()] }
    let refusal = await refused(request(credential: token(expires: issuedAt - 1), place: place), policy)
    #expect(refusal?.status == 401)
    #expect(refusal?.message == "Invalid or expired token")
    #expect(refusal?.close.map { "\($0.code) \($0.reason)" } == "1008 \(reason)")
    #expect(refusal?.challenge == #"Bearer error="invalid_token""#)
    #expect(refusal?.event == .authFailedInvalidToken(ip: ip, error: "expired"))
  }

  @Test func credentialGood() async throws {
    let policy = policy { $0.credentials = [jwt()] }
    let admitted = try await admission.admit(request(credential: token()), policy: policy, now: moment())
    let caller = admitted.caller
    #expect(caller?.subject == "alice")
  }

  @Test func anOptionalCredentialMustStillBeRight() async {
    let policy = policy {
      $0.credentials = [jwt()]
      $0.credentialRequired = false
    }
    #expect(await refused(policy) == nil)
    #expect(await refused(request(credential: "invalid"), policy)?.event == .authFailedInvalidToken(ip: ip, error: "malformed"))
  }

  @Test func severalMethodsAreTriedInOrder() async throws {
    struct Never: CredentialGuard {
      let method = "never"
      func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller { throw CredentialError("never") }
    }
    let first = policy { $0.credentials = [Never(), jwt()] }
    let admitted = try await admission.admit(request(credential: token()), policy: first, now: moment())
    let method = admitted.caller?.method
    #expect(method == "jwt")
    let last = policy { $0.credentials = [jwt(), Never()] }
    #expect(await refused(request(credential: "x"), last)?.event == .authFailedInvalidToken(ip: ip, error: "never"))
  }

  @Test func aCredentialMayBeForOtherRoutes() async {
    let policy = policy { $0.credentials = [jwt(routesClaim: "routes")] }
    #expect(await refused(request(credential: token(more: [("routes", "[\"/r\"]")])), policy) == nil)
    #expect(
      await refused(request(credential: token(more: [("routes", "[\"/other\"]")])), policy)
        == Refusal(.forbidden, event: .authFailedInvalidToken(ip: ip, error: "route_not_allowed")))
  }

  @Test func failuresAreLimitedPerAddress() async {
    let policy = policy {
      $0.credentials = [jwt()]
      $0.failures = Allowance(count: 3, per: minute)
    }
    for _ in 0..<3 { #expect(await refused(request(credential: "guess"), policy)?.type == "unauthorized") }
    // The right one is not looked at any more, so guessing on learns nothing.
    let refusal = await refused(request(credential: token()), policy)
    #expect(refusal?.type == "rate_limited")
    #expect(refusal?.event == .authBlockedRateLimit(ip: ip))
    #expect(refusal?.retryAfter == 60)
    #expect(await refused(request(from: "192.168.1.11", credential: token()), policy) == nil)
    #expect(await refused(request(credential: token()), policy, at: moment(minute)) == nil)
  }

  @Test func goodAndMissingCredentialsAreNoFailures() async {
    let policy = policy {
      $0.credentials = [jwt()]
      $0.failures = Allowance(count: 1, per: minute)
    }
    for _ in 0..<5 {
      #expect(await refused(request(credential: token()), policy) == nil)
      #expect(await refused(policy)?.event == .authFailedNoToken(ip: ip))
    }
  }

  @Test func limitsOfTheSubject() async throws {
    let policy = policy {
      $0.credentials = [jwt()]
      $0.tier.opens = [.init("tier", per: .subject, Allowance(count: 2, per: minute))]
      $0.tier.sessions = [.init("tier", per: .subject, 1)]
    }
    let first = try await admission.admit(request(credential: token()), policy: policy, now: moment())
    let remaining = first.budget?.remaining
    #expect(remaining == 1)
    // Another address, but the same caller.
    let second = await refused(request(from: "192.168.1.11", credential: token()), policy)
    #expect(second?.type == "too_many_sessions")
    #expect(await refused(request(credential: token()), policy)?.type == "rate_limited")
    #expect(await refused(request(credential: token(subject: "bob")), policy) == nil)
    first.release()
    #expect(admission.connections.total == 0)
    #expect(admission.connections.keys == 0)
  }

  @Test func insideTheSocketTheCredentialComesLater() async throws {
    let policy = policy {
      $0.credentials = [jwt()]
      $0.tier.sessions = [.init("tier", per: .subject, 1)]
    }
    var admitted = try admission.enter(request(), policy: policy, now: moment())
    let before = admitted.caller
    #expect(before == nil)
    let wrong = await later { () async throws(Refusal) in
      _ = try await admission.authenticate(request(credential: "bad"), policy: policy, now: moment())
    }
    #expect(wrong?.type == "unauthorized")
    guard let caller = try await admission.authenticate(request(credential: token()), policy: policy, now: moment()) else {
      Issue.record("a credential was checked and named nobody")
      return
    }
    try admission.identify(&admitted, as: caller, policy: policy, now: moment())
    let after = admitted.caller
    #expect(after?.subject == "alice")
    admitted.release()
    #expect(admission.connections.keys == 0)
  }

  @Test func theOrderOfTheGuards() async throws {
    let closed = OriginGuard([], allowsMissing: false)
    // Everything is wrong at once; each step mends what was refused and meets the next guard.
    var policy = RoutePolicy("/r")
    policy.enabled = false
    policy.networks = NetworkGuard(denied: networks("192.168.0.0/16"))
    policy.origin = closed
    policy.tier.opens = [.init("/r", per: .address, Allowance(count: 1, per: minute))]
    policy.tier.sessions = [.init("/r", per: .address, 1)]
    policy.credentials = [jwt()]
    let admission = Admission(capacity: 10)
    let held = try await admission.admit(
      request(), policy: self.policy { $0.tier.sessions = [.init("/r", per: .address, 1)] }, now: moment())
    func next(_ request: AdmissionRequest = request(), at now: Moment = moment()) async -> String? {
      await later { () async throws(Refusal) in _ = try await admission.admit(request, policy: policy, now: now) }?.type
    }
    #expect(await next() == "disabled")
    policy.enabled = true
    #expect(await next() == "forbidden_network")
    policy.networks = nil
    #expect(await next() == "forbidden_origin")
    policy.origin = nil
    // The window's one opening goes to an attempt that the next guard refuses: attempts count.
    #expect(await next() == "too_many_sessions")
    #expect(await next() == "rate_limited")
    held.release()
    #expect(await next(at: moment(minute)) == "unauthorized")
    #expect(await next(request(credential: token()), at: moment(2 * minute)) == nil)
    admission.drain()
    #expect(await next(request(credential: token()), at: moment(3 * minute)) == "draining")
  }

  /// Another upstream of a session that is open.
  @Test func anotherUpstream() throws {
    let policy = policy { $0.tier.opens = [.init("/r", per: .address, Allowance(count: 2, per: minute))] }
    let alice = Caller(subject: "alice", method: "jwt", expiresAt: issuedAt + 60)
    func again(_ policy: RoutePolicy?, _ tier: TierPolicy?, at unixSeconds: Int64 = issuedAt) -> Refusal? {
      refusal { () throws(Refusal) in
        let now = Moment(monotonic: moment().monotonic, unixSeconds: unixSeconds)
        try admission.readmit(request(), as: alice, policy: policy, opening: tier, now: now)
      }
    }
    // What takes up another upstream's session is no opening.
    for _ in 0..<5 { #expect(again(policy, nil) == nil) }
    for _ in 0..<2 { #expect(again(policy, policy.tier) == nil) }
    #expect(again(policy, policy.tier)?.event == .blockedRateLimit(ip: ip))
    for tier in [policy.tier, nil] {
      #expect(again(nil, tier)?.kind == .disabled)
      #expect(again(self.policy { $0.enabled = false }, tier)?.kind == .disabled)
      admission.switches.turn(route: "/r", false, by: .file)
      #expect(again(policy, tier)?.event == .blockedFeatureDisabled(ip: ip))
      admission.switches.turn(route: "/r", true, by: .file)
    }
    // It asks for no credential either.
    #expect(again(policy, nil, at: issuedAt + 60) == nil)
    let expired = again(policy, policy.tier, at: issuedAt + 60)
    #expect(expired?.kind == .unauthorized && expired?.closeReason == "Invalid token")
    #expect(expired?.event == .authFailedInvalidToken(ip: ip, error: "expired"))
    admission.drain()
    #expect(again(policy, policy.tier)?.kind == .draining)
    #expect(again(policy, nil) == nil)
  }

  /// What the gateway counts itself is no tier's, whatever the tier is called.
  @Test(arguments: ["address", "failures", "pages", "tokens"])
  func aTierMayHaveAnyName(_ name: String) async throws {
    let limit = Allowance(count: 1, per: minute)
    let policy = policy {
      $0.credentials = [jwt()]
      $0.failures = limit
      $0.tier.opens = [.init(name, per: .address, limit)]
      $0.tier.sessions = [.init(name, per: .address, 1)]
    }
    #expect(await refused(request(credential: "wrong"), policy)?.kind == .unauthorized)
    #expect(await refused(request(credential: "wrong"), policy, at: moment(minute))?.kind == .unauthorized)
    let client = request().client
    for kind in ["pages", "tokens"] {
      _ = try admission.request(client, ip: ip, path: "/test", of: kind, limit: limit, now: moment(2 * minute))
    }
    let held = try await admission.admit(request(credential: token()), policy: policy, now: moment(2 * minute))
    held.release()
  }

  @Test func plainHTTPHasItsOwnLimit() async throws {
    let limit = Allowance(count: 20, per: minute)
    let client = ClientAddress(.v4(0xC0A8_010A))
    for number in 0..<20 {
      let budget = try admission.request(client, ip: ip, path: "/test", of: "pages", limit: limit, now: moment())
      #expect(budget.remaining == 19 - number)
    }
    func asked(for kind: String) -> Refusal? {
      refusal { () throws(Refusal) in _ = try admission.request(client, ip: ip, path: "/test", of: kind, limit: limit, now: moment()) }
    }
    #expect(asked(for: "tokens") == nil, "another kind has a count of its own")
    let limited = asked(for: "pages")
    #expect(limited?.status == 429)
    #expect(limited?.retryAfter == 60)
    #expect(limited?.event == .httpRateLimitExceeded(ip: ip, path: "/test"))
    #expect(await refused(policy()) == nil)
  }

  /// Everything a refusal can print or log, with a credential that would be seen.
  @Test func noSecretIsInAnyRefusal() async {
    let policy = policy { $0.credentials = [jwt()] }
    let credentials = [
      canary, token(expires: issuedAt - 1), token(secret: "x") + canary, "\(canary).\(canary).\(canary)",
      String(repeating: canary, count: 400),
      token(more: [("nbf", "99999999999")]),
    ]
    for credential in credentials {
      guard let refusal = await refused(request(credential: credential, place: .query), policy) else {
        Issue.record("a wrong credential was taken")
        continue
      }
      var said = "\(refusal) \(String(reflecting: refusal)) \(refusal.headers) \(refusal.event?.fields ?? [:]) \(refusal.closeReason)"
      dump(refusal, to: &said)
      said += String(decoding: refusal.body(session: "s"), as: UTF8.self)
      for piece in [canary] + credential.split(separator: ".").map(String.init) where piece.utf8.count > 8 {
        #expect(!said.contains(piece))
      }
    }
  }
}
