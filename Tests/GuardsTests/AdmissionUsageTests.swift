import Telemetry
import Testing
@testable import Guards

/// What a vendor bills is counted when it has been used: with nothing left there is no further session.
@Suite struct AdmissionUsageTests {
  private let admission = Admission(capacity: 100)
  private static let hour = 60 * minute

  private func policy(_ scope: LimitScope, _ measure: Measure = .usage, credentials: Bool = false) -> RoutePolicy {
    var policy = RoutePolicy("/r")
    policy.tier = TierPolicy("t")
    policy.tier.meters = [.init(measure, "t", per: scope, Allowance(count: 60, per: Self.hour))]
    policy.tier.sessions = [.init("t", per: .address, 3)]
    if credentials { policy.credentials = [jwt()] }
    return policy
  }

  private func refused(_ request: AdmissionRequest, _ policy: RoutePolicy, at now: Moment) async -> Refusal? {
    await later { () async throws(Refusal) in _ = try await admission.admit(request, policy: policy, now: now) }
  }

  @Test(arguments: [LimitScope.address, .subject, .route, .gateway])
  func nothingLeft(scope: LimitScope) async throws {
    let policy = policy(scope, credentials: true)
    let alice = request(credential: token())
    let first = Kept(try await admission.admit(alice, policy: policy, now: moment()))
    let now = moment().monotonic
    first.meters.charge(59, now: now)
    #expect(await refused(alice, policy, at: moment()) == nil, "one is left")
    first.meters.charge(3, now: now)
    let refusal = try #require(await refused(alice, policy, at: moment()))
    #expect(refusal.type == "rate_limited" && refusal.status == 429 && refusal.message == "Usage limit reached")
    #expect(try #require(refusal.close) == (1013, "Usage limit reached"))
    // Three have to come back, one a minute.
    #expect(refusal.retryAfter == 180)
    #expect(refusal.headers.contains { $0 == ("Retry-After", "180") } && refusal.headers.contains { $0 == ("RateLimit-Remaining", "0") })
    #expect(refusal.event == .blockedRateLimit(ip: alice.ip))
    // Nothing is held by who was refused.
    #expect(admission.connections.total == 1)
    // Whoever has a budget of its own is let in.
    let other = request(from: "10.0.0.1", credential: token(subject: "bob"))
    #expect((await refused(other, policy, at: moment()) == nil) == [.address, .subject].contains(scope))
    #expect(await refused(alice, policy, at: moment(180 * second)) == nil)
    _ = first.release()
  }

  /// What can be held back message by message is: a session may wait for it.
  @Test(arguments: [Measure.messages, .bytes, .audio])
  func otherMeasuresLetIn(measure: Measure) async throws {
    let policy = policy(.address, measure)
    let first = Kept(try await admission.admit(request(), policy: policy, now: moment()))
    first.meters.charge(60, now: moment().monotonic)
    #expect(await refused(request(), policy, at: moment()) == nil)
    _ = first.release()
  }

  /// A client that says who it is inside the socket is refused there, and keeps its place until it is gone.
  @Test func insideTheSocket() throws {
    let policy = policy(.subject)
    let alice = Caller(subject: "alice", method: "jwt")
    func enter() throws -> Kept { Kept(try admission.enter(request(), policy: policy, now: moment())) }
    let first = try enter()
    try first.identify(admission, alice, policy, moment())
    first.meters.charge(60, now: moment().monotonic)
    let second = try enter()
    let refusal = GuardsTests.refusal { () throws(Refusal) in try second.identify(admission, alice, policy, moment()) }
    #expect(refusal?.message == "Usage limit reached" && !second.isKnown)
    #expect(admission.connections.total == 2)
    #expect(second.release() == "released" && admission.connections.total == 1)
    // Nor is there another upstream for a session that is open.
    func again(_ now: Moment) -> Refusal? {
      GuardsTests.refusal { () throws(Refusal) in
        try admission.readmit(request(), as: alice, policy: policy, opening: policy.tier, now: now)
      }
    }
    #expect(again(moment())?.message == "Usage limit reached" && again(moment(minute)) == nil)
    _ = first.release()
  }
}
