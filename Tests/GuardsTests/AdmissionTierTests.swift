import Configuration
import Telemetry
import TestSupport
import Testing
import Tokens
@testable import Guards

@Suite struct AdmissionTierTests {
  private let admission = Admission(capacity: 100)
  private let ip = "192.168.1.xxx"

  /// Keys of a table.
  private struct Keys: CredentialGuard {
    let method: String
    let callers: [String: (subject: String, tier: String?)]

    func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller {
      guard let caller = callers[credential] else { throw CredentialError("unknown_key") }
      return Caller(
        subject: caller.subject, method: method, tier: caller.tier, apiKey: method == "api_key" ? Fingerprint(of: credential) : nil)
    }
  }

  private var keys: Keys {
    Keys(
      method: "api_key",
      callers: [
        "free": ("freddy", nil), "pro": ("paula", "pro"), "typo": ("tom", "prof"), "same": ("sam", "free"), "pro2": ("peter", "pro"),
      ])
  }

  private func tier(_ name: String, _ change: (inout TierPolicy) -> Void) -> TierPolicy {
    var tier = TierPolicy(name)
    change(&tier)
    return tier
  }

  /// A route for strangers with little, and callers with a tier of their own.
  private func policy(_ route: String = "/r", required: Bool = true) -> RoutePolicy {
    var policy = RoutePolicy(route)
    policy.tier = tier("free") {
      $0.opens = [.init("free", per: .address, Allowance(count: 2, per: minute))]
      $0.sessions = [.init("free", per: .address, 1)]
      $0.meters = [.init(.audio, "free", per: .address, Allowance(count: 60_000, per: minute))]
      $0.sessionLength = .seconds(60)
    }
    let pro = tier("pro") {
      $0.opens = [
        .init("pro", per: .address, Allowance(count: 50, per: minute)), .init("pro", per: .subject, Allowance(count: 9, per: minute)),
      ]
      $0.sessions = [.init("pro", per: .address, 4), .init("pro", per: .apiKey, 3)]
      $0.meters = [
        .init(.audio, "pro", per: .apiKey, Allowance(count: 600_000, per: minute)),
        .init(.messages, "pro", per: .gateway, Allowance(count: 1_000, per: second)),
      ]
      $0.sessionLength = .seconds(3_600)
    }
    policy.tiers = ["free": policy.tier, "pro": pro]
    policy.credentials = [keys]
    policy.credentialRequired = required
    return policy
  }

  private func refused(_ request: AdmissionRequest, _ policy: RoutePolicy, at now: Moment = moment()) async -> Refusal? {
    await later { () async throws(Refusal) in _ = try await admission.admit(request, policy: policy, now: now) }
  }

  @Test func theCredentialsTierWins() async throws {
    let policy = policy()
    var held: [Kept] = []
    for _ in 0..<3 { held.append(Kept(try await admission.admit(request(credential: "pro"), policy: policy, now: moment()))) }
    #expect(held[0].tier == "pro")
    #expect(held[0].sessionLength == .seconds(3_600))
    #expect(held[0].meters.map { "\($0.measure) \($0.scope) \($0.limit)" } == ["audio apiKey pro", "messages gateway pro"])
    #expect(held[2].budget?.limit == 9)
    #expect(held[2].budget?.remaining == 6)
    // The fourth session of one key.
    #expect(await refused(request(credential: "pro"), policy)?.type == "too_many_sessions")
    // The address has three of four, all of them of the pro tier: there is room for one more, and for a free one.
    held.append(Kept(try await admission.admit(request(credential: "pro2"), policy: policy, now: moment())))
    held.append(Kept(try await admission.admit(request(credential: "free"), policy: policy, now: moment())))
    #expect(held[4].tier == "free")
    #expect(held[4].sessions == 5)
    #expect(await refused(request(credential: "free"), policy)?.type == "too_many_sessions")
    #expect(await refused(request(credential: "pro2"), policy)?.type == "too_many_sessions")
    held.removeAll()
    #expect(admission.connections.keys == 0)
  }

  @Test func withoutATierOfItsOwnTheRoutesHolds() async throws {
    let admitted = try await admission.admit(request(credential: "free"), policy: policy(), now: moment())
    let (tier, length, notices) = (admitted.tier.name, admitted.sessionLength, admitted.notices)
    #expect(tier == "free")
    #expect(length == .seconds(60))
    #expect(notices.isEmpty)
    let again = try await admission.admit(request(from: "192.168.1.11", credential: "same"), policy: policy(), now: moment())
    let (name, none) = (again.tier.name, again.notices)
    #expect(name == "free")
    #expect(none.isEmpty)
    admitted.release()
  }

  @Test func anUnknownTierIsTheRoutesAndIsTold() async throws {
    let admitted = try await admission.admit(request(credential: "typo"), policy: policy(), now: moment())
    let (tier, notices) = (admitted.tier.name, admitted.notices)
    #expect(tier == "free")
    #expect(notices == [.authUnknownTier(ip: ip, userId: "tom", tier: "prof")])
  }

  /// The limits of strangers come first for those who fail, whatever the credential would have been good for.
  @Test func failedAttemptsAreStrangers() async {
    let policy = policy()
    #expect(await refused(request(credential: "wrong"), policy)?.type == "unauthorized")
    #expect(await refused(request(), policy)?.type == "unauthorized")
    #expect(await refused(request(credential: "wrong"), policy)?.type == "rate_limited")
    #expect(await refused(request(), policy)?.event == .blockedRateLimit(ip: ip))
    #expect(await refused(request(credential: "free"), policy)?.type == "rate_limited")
    #expect(await refused(request(credential: "pro"), policy) == nil)
    #expect(admission.connections.keys == 0)
  }

  @Test func insideTheSocketTheTierChanges() async throws {
    let policy = policy()
    var admitted = try admission.enter(request(), policy: policy, now: moment())
    #expect(admission.connections.count(LimitKey("free", address("192.168.1.10").whom)) == 1)
    let before = admitted.meters.map(\.limit)
    #expect(before == ["free"])
    let caller = try await admission.authenticate(request(credential: "pro"), policy: policy, now: moment())
    try admission.identify(&admitted, as: caller, policy: policy, now: moment())
    let (tier, limits, sessions) = (admitted.tier.name, admitted.meters.map(\.limit), admitted.sessions)
    #expect(tier == "pro")
    #expect(limits == ["pro", "pro"])
    #expect(sessions == 1)
    // The stranger's place is free for another.
    #expect(admission.connections.count(LimitKey("free", address("192.168.1.10").whom)) == 0)
    #expect(admission.connections.count(LimitKey("pro", address("192.168.1.10").whom)) == 1)
    let left = admitted.release()
    #expect(left == 0)
    #expect(admission.connections.keys == 0)
  }

  @Test func whoIsRefusedOnceKnownKeepsThePlaceUntilDropped() async throws {
    let policy = policy()
    var held: [Kept] = []
    for _ in 0..<3 {
      held.append(Kept(try await admission.admit(request(from: "10.0.0.1", credential: "pro"), policy: policy, now: moment())))
    }
    var admitted = try admission.enter(request(), policy: policy, now: moment())
    do throws(Refusal) {
      let caller = Caller(subject: "paula", method: "api_key", tier: "pro", apiKey: Fingerprint(of: "pro"))
      try admission.identify(&admitted, as: caller, policy: policy, now: moment())
      Issue.record("a fourth session of one key")
    } catch {
      #expect(error.type == "too_many_sessions")
    }
    let (tier, isKnown) = (admitted.tier.name, admitted.caller != nil)
    #expect(tier == "free")
    #expect(!isKnown)
    #expect(admission.connections.count(LimitKey("free", address("192.168.1.10").whom)) == 1)
    admitted.release()
    #expect(admission.connections.total == held.count)
  }

  @Test func strangersDoNotUseUpWhatIsForAll() async {
    var policy = RoutePolicy("/r")
    policy.credentials = [keys]
    policy.tier = tier("t") {
      $0.opens = [.init("t", per: .route, Allowance(count: 2, per: minute)), .init("t", per: .gateway, Allowance(count: 3, per: minute))]
      $0.sessions = [.init("t", per: .gateway, 10)]
    }
    for _ in 0..<5 { #expect(await refused(request(credential: "wrong"), policy)?.type == "unauthorized") }
    for _ in 0..<2 { #expect(await refused(request(credential: "free"), policy) == nil) }
    #expect(await refused(request(credential: "free"), policy)?.type == "rate_limited")
  }

  @Test func anyoneWithoutACredentialIsCountedForRouteAndGateway() async throws {
    var policy = policy(required: false)
    policy.tier.sessions = [.init("free", per: .route, 1)]
    let first = try await admission.admit(request(), policy: policy, now: moment())
    #expect(await refused(request(from: "10.0.0.1"), policy)?.type == "too_many_sessions")
    let open = tier("free") { $0.sessions = [.init("free", per: .gateway, 1)] }
    var other = RoutePolicy("/other")
    other.tier = open
    let second = try await admission.admit(request(), policy: other, now: moment())
    #expect(await refused(request(from: "10.0.0.1"), other)?.type == "too_many_sessions")
    first.release()
    second.release()
    #expect(admission.connections.keys == 0)
  }

  @Test func scopesOfOneTierOnTwoRoutes() async throws {
    func policy(_ route: String, _ scope: LimitScope) -> RoutePolicy {
      var policy = RoutePolicy(route)
      policy.credentials = [keys]
      policy.tier = tier("t") { $0.sessions = [.init("t", per: scope, 1)] }
      return policy
    }
    for (scope, other, elsewhere, somebody) in [
      (.address, "too_many_sessions", nil, "too_many_sessions"), (.subject, "too_many_sessions", "too_many_sessions", nil),
      (.apiKey, "too_many_sessions", "too_many_sessions", nil), (.route, nil, nil, nil),
      (.gateway, "too_many_sessions", "too_many_sessions", "too_many_sessions"),
    ] as [(LimitScope, String?, String?, String?)] {
      let held = try await admission.admit(request(credential: "free"), policy: policy("/a", scope), now: moment())
      #expect(await refused(request(credential: "free"), policy("/a", scope))?.type == "too_many_sessions", "\(scope)")
      #expect(await refused(request(credential: "free"), policy("/b", scope))?.type == other, "\(scope)")
      #expect(await refused(request(from: "10.0.0.1", credential: "free"), policy("/b", scope))?.type == elsewhere, "\(scope)")
      #expect(await refused(request(credential: "pro"), policy("/b", scope))?.type == somebody, "\(scope)")
      held.release()
    }
  }

  /// Each has what it may have; what the subject may have, they share.
  @Test func twoKeysOfOneSubject() async throws {
    let keys = APIKeyGuard(
      APIKeySet(
        ["key-1", "key-2"].map {
          var key = APIKey()
          (key.fingerprint, key.subject) = (Fingerprint(of: $0), "kiosk")
          return key
        }))
    for (scope, second) in [(.apiKey, nil), (.subject, "too_many_sessions")] as [(LimitScope, String?)] {
      var policy = RoutePolicy("/r")
      policy.credentials = [keys]
      policy.tier = tier("t") { $0.sessions = [.init("t", per: scope, 1)] }
      let held = try await admission.admit(request(credential: "key-1"), policy: policy, now: moment())
      #expect(await refused(request(credential: "key-1"), policy)?.type == "too_many_sessions", "\(scope)")
      #expect(await refused(request(credential: "key-2"), policy)?.type == second, "\(scope)")
      held.release()
    }
  }

  /// A session token counts with the key that fetched it, or anybody could have as many sessions as tokens.
  @Test func sessionTokensOfOneKey() async throws {
    let store = SessionTokenStore()
    let tokens = SessionTokenGuard(SessionTokenStore.Terms(issuer: "page"), store: store)
    var policy = RoutePolicy("/r")
    policy.credentials = [tokens]
    policy.tier = tier("t") { $0.sessions = [.init("t", per: .apiKey, 1)] }
    let evidence = Evidence(route: "/r", client: ClientAddress(.v4(0x7F00_0001)))
    func token(_ key: String) throws -> String {
      let caller = Caller(subject: "kiosk", method: "api_key", apiKey: Fingerprint(of: key))
      return try tokens.issue(to: caller, for: evidence, now: moment()).token
    }
    let held = try await admission.admit(request(credential: token("key-1")), policy: policy, now: moment())
    #expect(try await refused(request(credential: token("key-1")), policy)?.type == "too_many_sessions")
    #expect(try await refused(request(credential: token("key-2")), policy) == nil)
    held.release()
  }

  @Test func anAPIKeyIsNotJustAnySubject() async throws {
    var policy = RoutePolicy("/r")
    policy.credentials = [Keys(method: "jwt", callers: ["t": ("freddy", nil)]), keys]
    policy.tier = tier("t") { $0.sessions = [.init("t", per: .apiKey, 1)] }
    let first = try await admission.admit(request(credential: "free"), policy: policy, now: moment())
    #expect(await refused(request(credential: "free"), policy)?.type == "too_many_sessions")
    #expect(await refused(request(credential: "t"), policy) == nil)
    first.release()
  }

  @Test func sessionsOfOneKeyShareItsMeters() async throws {
    let policy = policy()
    let first = Kept(try await admission.admit(request(credential: "pro"), policy: policy, now: moment()))
    let second = Kept(try await admission.admit(request(from: "10.0.0.1", credential: "pro"), policy: policy, now: moment()))
    let third = Kept(try await admission.admit(request(credential: "pro2"), policy: policy, now: moment()))
    let now = moment().monotonic
    #expect(first.meters.of(.audio).take(600_000, now: now) == nil)
    #expect(second.meters.of(.audio).take(1, now: now)?.scope == .apiKey)
    #expect(third.meters.of(.audio).take(1, now: now) == nil)
    #expect(first.meters.of(.messages).take(999, now: now) == nil)
    #expect(third.meters.of(.messages).take(2, now: now)?.scope == .gateway)
    #expect(first.meters[0].mark == 30_000)
    #expect(first.meters[1].mark == 100)
  }

  @Test func aMeterOutlivesItsSession() async throws {
    let policy = policy()
    func left(at now: Moment) async throws -> Int? {
      let kept = Kept(try await admission.admit(request(credential: "free"), policy: policy, now: now))
      let meters = kept.meters.of(.audio)
      defer { _ = meters.take(45_000, now: now.monotonic) }
      return meters.first?.meter.remaining(now: now.monotonic)
    }
    #expect(try await left(at: moment()) == 60_000)
    #expect(try await left(at: moment(10 * second)) == 25_000)
    #expect(try await left(at: moment(3 * minute)) == 60_000)
  }

  // MARK: Asking somebody

  private func asked(
    _ admission: Admission, _ policy: RoutePolicy, _ answer: @escaping () throws(Refusal) -> Caller?
  ) async -> (refusal: String?, calls: Int, tier: String?, reads: Int) {
    var (calls, reads) = (0, 0)
    do throws(Refusal) {
      let now = {
        reads += 1
        return moment(UInt64(reads) * second)
      }
      let admitted = try await admission.admit(request(credential: "x"), policy: policy, now: now) { () async throws(Refusal) in
        calls += 1
        await Task.yield()
        return try answer()
      }
      let tier = admitted.tier.name
      return (nil, calls, tier, reads)
    } catch {
      return (error.type, calls, nil, reads)
    }
  }

  @Test func whoIsAskedComesAfterTheAddress() async {
    var policy = policy()
    policy.tiers = [:]
    let known = Caller(subject: "paula", method: "forward", tier: "pro")
    let first = await asked(admission, policy) { known }
    #expect(first == (nil, 1, "free", 2))
    let second = await asked(admission, policy) { () throws(Refusal) in throw Refusal(.unauthorized) }
    #expect(second == ("unauthorized", 1, nil, 1))
    let third = await asked(admission, policy) { known }
    #expect(third == ("rate_limited", 0, nil, 1))
    policy.enabled = false
    let fourth = await asked(admission, policy) { known }
    #expect(fourth == ("disabled", 0, nil, 0))
    #expect(admission.connections.keys == 0)
  }

  @Test func whoIsAskedComesFirstWhereThatDecidesTheTier() async {
    let policy = policy()
    for _ in 0..<3 {
      let known = await asked(admission, policy) { Caller(subject: "paula", method: "forward", tier: "pro") }
      #expect(known == (nil, 1, "pro", 2))
    }
    for expected in ["unauthorized", "unauthorized", "rate_limited"] {
      let wrong = await asked(admission, policy) { () throws(Refusal) in throw Refusal(.unauthorized) }
      #expect(wrong == (expected, 1, nil, 1))
    }
    let stranger = await asked(admission, policy) { nil }
    #expect(stranger == ("rate_limited", 1, nil, 1))
    #expect(admission.connections.keys == 0)
  }
}
