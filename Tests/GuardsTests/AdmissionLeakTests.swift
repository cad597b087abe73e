import Configuration
import TestSupport
import Testing
import Tokens
@testable import Guards

@Suite struct AdmissionLeakTests {
  /// A caller per letter, wrong for all others; a capital one is good for another route only.
  private struct Letters: CredentialGuard {
    let method = "api_key"

    func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller {
      guard credential.utf8.count == 1 else { throw CredentialError("malformed") }
      let tier: String? = ["a", "b", "c"].contains(credential) ? "pro" : credential == "d" ? "gone" : nil
      return Caller(
        subject: credential, method: method, tier: tier, routes: credential == "Z" ? ["/other"] : nil,
        apiKey: credential == "f" ? nil : Fingerprint(of: credential))
    }
  }

  private static func tier(_ name: String, _ address: Int, _ wide: Int) -> TierPolicy {
    var tier = TierPolicy(name)
    tier.opens = [
      .init(name, per: .address, Allowance(count: 9, per: second)), .init(name, per: .subject, Allowance(count: 30, per: second)),
      .init(name, per: .gateway, Allowance(count: 60, per: second, burst: 60)),
    ]
    tier.sessions = [
      .init(name, per: .address, address), .init(name, per: .subject, address + 2), .init(name, per: .apiKey, address + 1),
      .init(name, per: .route, wide / 2), .init(name, per: .gateway, wide),
    ]
    tier.meters = LimitScope.allCases.map { .init(.messages, name, per: $0, Allowance(count: 100, per: second)) }
    return tier
  }

  private static func policy(_ route: String) -> RoutePolicy {
    var policy = RoutePolicy(route)
    policy.networks = NetworkGuard(denied: networks("192.0.2.1"))
    policy.origin = OriginGuard([OriginPattern("https://a.example")].compactMap(\.self))
    policy.tier = tier("free", 3, 20)
    policy.credentials = [Letters()]
    policy.failures = Allowance(count: 40, per: second)
    return policy
  }

  /// 100,000 steps in all: sessions of many clients on routes with and without tiers of callers are admitted, refused at every guard,
  /// known late, known and refused, closed, or dropped by whoever had them. No place is ever lost, and no limit is ever exceeded.
  @Test(arguments: [61, 62, 63, 64] as [UInt64])
  func noPlaceIsLost(_ seed: UInt64) async {
    var random = SeededGenerator(seed: seed)
    let admission = Admission(capacity: 24)
    var tiered = Self.policy("/tiered")
    tiered.tiers = ["free": tiered.tier, "pro": Self.tier("pro", 5, 26)]
    var open = Self.policy("/open")
    open.credentialRequired = false
    let policies = [Self.policy("/plain"), tiered, open]
    var sessions: [Kept] = []
    var outcomes: [String: Int] = [:]

    for step in 0..<25_000 {
      let now = moment(UInt64(step) * second / 400)
      let policy = policies[Int.random(in: 0..<3, using: &random)]
      let request = request(
        from: "192.0.2.\(Int.random(in: 1...14, using: &random))",
        origin: Int.random(in: 0..<20, using: &random) == 0 ? "https://b.example" : nil,
        credential: ["a", "b", "c", "d", "e", "f", "Z", "wrong", nil].randomElement(using: &random) ?? nil)
      let what: String
      switch Int.random(in: 0..<100, using: &random) {
      case 0: what = turn(admission, Int.random(in: 0..<4, using: &random) > 0, policy.route)
      case 1..<40:
        what = await outcome { () async throws(Refusal) in
          sessions.append(Kept(try await admission.admit(request, policy: policy, now: now)))
        }
      case 40..<60:
        what = await outcome { () async throws(Refusal) in sessions.append(Kept(try admission.enter(request, policy: policy, now: now))) }
      case 60..<75:
        // Inside the socket; whoever is refused then is closed, or lingers until it goes.
        guard let session = sessions.randomElement(using: &random), !session.isKnown else { continue }
        what = await outcome { () async throws(Refusal) in
          let caller = try await admission.authenticate(request, policy: policy, now: now)
          try session.identify(admission, caller, policy, now)
        }
        if what != "admitted" && Bool.random(using: &random) { sessions.removeAll { $0 === session } }
      default:
        guard !sessions.isEmpty else { continue }
        let session = sessions.remove(at: Int.random(in: 0..<sessions.count, using: &random))
        what = Bool.random(using: &random) ? session.release() : "dropped"
      }
      outcomes[what, default: 0] += 1
      #expect(admission.connections.total == sessions.count, "seed \(seed), step \(step): \(what)")
      if admission.connections.total != sessions.count { return }
      if step % 500 == 0 { compare(admission, sessions, policies, "seed \(seed), step \(step)") }
    }
    for what in [
      "admitted", "disabled", "forbidden_network", "forbidden_origin", "rate_limited", "too_many_sessions", "over_capacity", "unauthorized",
      "forbidden", "released", "dropped", "turned",
    ] {
      #expect(outcomes[what, default: 0] > 20, "seed \(seed): \(what) in \(outcomes)")
    }
    sessions.removeAll()
    #expect(admission.connections.total == 0, "seed \(seed)")
    #expect(admission.connections.keys == 0, "seed \(seed)")
    // Nor is a meter kept for nobody.
    let late = moment(UInt64(3_600) * second).monotonic
    for round in 0..<20_000 {
      _ = admission.meters.meter(.usage, LimitKey("\(round % 500)", .gateway), Allowance(count: 1, per: 1), now: late)
    }
    #expect(admission.meters.count <= 500, "seed \(seed)")
  }

  private func outcome(_ body: () async throws(Refusal) -> Void) async -> String { await later(body)?.type ?? "admitted" }

  private func turn(_ admission: Admission, _ isOn: Bool, _ route: String) -> String {
    admission.switches.turn(route: route, isOn, by: .admin)
    return "turned"
  }

  /// Every count against the sessions themselves.
  private func compare(_ admission: Admission, _ sessions: [Kept], _ policies: [RoutePolicy], _ when: Comment) {
    for policy in policies {
      for limit in [policy.tier, policy.tiers["pro"] ?? policy.tier].flatMap(\.sessions) {
        for key in Set(sessions.flatMap(\.keys)) where key.limit == limit.name {
          let count = sessions.reduce(0) { $0 + $1.keys.filter { $0 == key }.count }
          #expect(admission.connections.count(key) == count, when)
          if case .address = key.whom, limit.scope == .address { #expect(count <= limit.most, when) }
          if case .subject = key.whom, limit.scope == .subject { #expect(count <= limit.most, when) }
          if case .apiKey = key.whom, limit.scope == .apiKey { #expect(count <= limit.most, when) }
          if case .route = key.whom, limit.scope == .route { #expect(count <= limit.most, when) }
          if case .gateway = key.whom, limit.scope == .gateway { #expect(count <= limit.most, when) }
        }
      }
    }
  }
}
