import Configuration
import Testing
@testable import Guards

@Suite struct TierPolicyTests {
  private func rate(_ text: String) throws -> Rate { try #require(Rate(text)) }

  @Test func readsATier() throws {
    var tier = Tier()
    tier.opens = Scoped(ip: RateLimit(try rate("10/1m")), gateway: RateLimit(try rate("100/1s"), burst: 20))
    tier.concurrent = Scoped(subject: 3, apiKey: 50, route: 500)
    tier.messages = Scoped(subject: RateLimit(try rate("50/1s"), burst: 200))
    tier.bytes = Scoped(ip: Rate(count: 65_536, window: .seconds(1)))
    tier.audio = Scoped(subject: [Rate(count: 60_000, window: .seconds(60)), Rate(count: 7_200_000, window: .seconds(86_400))])
    tier.usage = Scoped(apiKey: [try rate("100000/1d")])
    tier.sessionLength = .on(.seconds(600))
    tier.warn = .seconds(15)
    let policy = TierPolicy("free", tier)
    #expect(policy.name == "free")
    #expect(
      policy.opens == [
        .init("free", per: .address, Allowance(count: 10, per: minute)),
        .init("free", per: .gateway, Allowance(count: 100, per: second, burst: 20)),
      ])
    #expect(policy.sessions == [.init("free", per: .subject, 3), .init("free", per: .apiKey, 50), .init("free", per: .route, 500)])
    #expect(
      policy.meters == [
        .init(.messages, "free", per: .subject, Allowance(count: 50, per: second, burst: 200)),
        .init(.bytes, "free", per: .address, Allowance(count: 65_536, per: second)),
        .init(.audio, "free", per: .subject, Allowance(count: 60_000, per: minute)),
        .init(.audio, "free", per: .subject, Allowance(count: 7_200_000, per: 1440 * minute)),
        .init(.usage, "free", per: .apiKey, Allowance(count: 100_000, per: 1440 * minute)),
      ])
    #expect(policy.sessionLength == .seconds(600))
    #expect(policy.warn == .seconds(15))
  }

  @Test func anEmptyTierLimitsNothing() {
    let policy = TierPolicy("open", Tier())
    #expect(policy.opens.isEmpty && policy.sessions.isEmpty && policy.meters.isEmpty)
    #expect(policy.sessionLength == nil)
  }

  @Test func theTighterOfTwoOnOneWindow() throws {
    var tier = Tier()
    tier.usage = Scoped(subject: [try rate("10/1m"), try rate("5/1d"), try rate("3/60s"), try rate("7/1d")])
    #expect(TierPolicy("t", tier).meters.map(\.rate.count) == [3, 5])
  }

  @Test func theNarrowScopesComeFirst() {
    let scopes = Scoped(ip: 1, subject: 2, apiKey: 3, route: 4, gateway: 5).limits
    #expect(scopes.map { "\($0.0.rawValue) \($0.1)" } == ["ip 1", "subject 2", "api_key 3", "route 4", "gateway 5"])
  }

  @Test func whenToWarn() {
    var policy = TierPolicy("t")
    policy.warn = .seconds(30)
    #expect(policy.mark(.audio, burst: 7_200_000) == 30_000)
    #expect(policy.mark(.audio, burst: 40_000) == 20_000)
    #expect(policy.mark(.usage, burst: 1_000) == 100)
    #expect(policy.mark(.messages, burst: 5) == 0)
    policy.warn = .zero
    #expect(policy.mark(.audio, burst: 7_200_000) == 0)
  }
}
