import Configuration
import Telemetry
import TestSupport
import Testing
@testable import Guards

@Suite struct RateGuardTests {
  private let tenPerMinute = Allowance(count: 10, per: minute)

  @Test func keysAreCountedApart() {
    let rates = RateGuard()
    for _ in 0..<10 { #expect(rates.take(address("192.0.2.1"), tenPerMinute, now: 0).allowed) }
    #expect(!rates.take(address("192.0.2.1"), tenPerMinute, now: 0).allowed)
    #expect(rates.take(address("192.0.2.2"), tenPerMinute, now: 0).allowed)
    #expect(rates.take(LimitKey("other", address("192.0.2.1").whom), tenPerMinute, now: 0).allowed)
    #expect(rates.take(LimitKey("test", .subject("alice")), tenPerMinute, now: 0).allowed)
  }

  @Test func anIPv6NetworkIsOneKey() {
    let rates = RateGuard()
    let once = Allowance(count: 1, per: minute)
    #expect(rates.take(address("2001:db8:1:2::1"), once, now: 0).allowed)
    #expect(!rates.take(address("2001:db8:1:2:ffff::9"), once, now: 0).allowed)
    #expect(rates.take(address("2001:db8:1:3::1"), once, now: 0).allowed)
  }

  @Test func aBurstMakesItABucket() {
    let rates = RateGuard()
    let limit = Allowance(count: 60, per: minute, burst: 2)
    #expect(rates.take(address("192.0.2.1"), limit, now: 0).allowed)
    #expect(rates.take(address("192.0.2.1"), limit, now: 0).allowed)
    #expect(rates.take(address("192.0.2.1"), limit, now: 0).retryAfter == second)
    #expect(rates.take(address("192.0.2.1"), limit, now: second).allowed)
  }

  @Test func peekingTakesNothing() {
    let rates = RateGuard()
    let once = Allowance(count: 1, per: minute)
    #expect(rates.peek(address("192.0.2.1"), once, now: 0).allowed)
    #expect(rates.count == 0)
    #expect(rates.take(address("192.0.2.1"), once, now: 0).allowed)
    #expect(!rates.peek(address("192.0.2.1"), once, now: 0).allowed)
  }

  @Test func countsOutliveAChangedLimit() {
    let rates = RateGuard()
    for _ in 0..<10 { _ = rates.take(address("192.0.2.1"), tenPerMinute, now: 0) }
    let twenty = Allowance(count: 20, per: minute)
    #expect(rates.take(address("192.0.2.1"), twenty, now: second).remaining == 9)
    #expect(!rates.take(address("192.0.2.1"), Allowance(count: 5, per: minute), now: second).allowed)
  }

  @Test func memoryIsBounded() {
    let rates = RateGuard(entries: 1000, shards: 4)
    for number in 0..<UInt32(50_000) { _ = rates.take(LimitKey("t", .address(.v4(number))), tenPerMinute, now: UInt64(number)) }
    #expect(rates.count <= 1000)
    #expect(rates.count > 900)
  }

  @Test func theEntryIdleLongestMakesRoom() {
    let evictions = Counter()
    let rates = RateGuard(entries: 2, shards: 1, evictions: evictions)
    let once = Allowance(count: 1, per: minute)
    _ = rates.take(address("192.0.2.1"), once, now: 0)
    _ = rates.take(address("192.0.2.2"), once, now: 1)
    // Refused, but seen: no longer the one idle longest.
    #expect(!rates.take(address("192.0.2.1"), once, now: 2).allowed)
    _ = rates.take(address("192.0.2.3"), once, now: 3)
    #expect(!rates.peek(address("192.0.2.1"), once, now: 4).allowed)
    #expect(rates.peek(address("192.0.2.2"), once, now: 4).allowed)
    #expect(!rates.peek(address("192.0.2.3"), once, now: 4).allowed)
    #expect(evictions.value == 1)
    // What says nothing any more is no loss.
    for number in 4...9 { _ = rates.take(address("192.0.2.\(number)"), once, now: UInt64(number) * minute) }
    #expect(evictions.value == 1)
  }

  @Test func whatIsOverIsForgottenInPassing() {
    let rates = RateGuard(entries: 100_000, shards: 1)
    for number in 0..<UInt32(1000) { _ = rates.take(LimitKey("t", .address(.v4(number))), tenPerMinute, now: 0) }
    #expect(rates.count == 1000)
    for _ in 0..<1000 { _ = rates.take(address("192.0.2.1"), Allowance(count: 1, per: minute), now: 2 * minute) }
    #expect(rates.count == 1)
  }

  @Test func aLimitHoldsForManyTasksAtOnce() async {
    let rates = RateGuard()
    let limit = Allowance(count: 500, per: minute)
    let granted = await withTaskGroup(of: Int.self, returning: Int.self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<200).reduce(0) { sum, _ in sum + (rates.take(address("192.0.2.1"), limit, now: 0).allowed ? 1 : 0) } }
      }
      return await group.reduce(0, +)
    }
    #expect(granted == 500)
  }

  /// The table against a plain dictionary of windows, while entries come, expire and are reused.
  @Test(arguments: [21, 22, 23, 24] as [UInt64])
  func agreesWithAModel(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let rates = RateGuard(entries: 10_000, shards: 3)
    var model: [UInt32: FixedWindow] = [:]
    var now: UInt64 = 0
    for step in 0..<20_000 {
      now += UInt64.random(in: 0...(second / 2), using: &random)
      let who = UInt32.random(in: 0..<200, using: &random)
      let expected = model[who, default: FixedWindow(count: 5, per: minute)].take(now: now)
      let budget = rates.take(LimitKey("t", .address(.v4(who))), Allowance(count: 5, per: minute), now: now)
      #expect(budget == expected, "seed \(seed), step \(step)")
      if budget != expected { return }
    }
  }

  @Test(
    arguments: [
      ("10/1m", 10, minute), ("100/15m", 100, 15 * minute), ("1/500ms", 1, second / 2), ("5/1d", 5, 86_400 * second),
    ] as [(String, Int, UInt64)])
  func readsTheTablesLimits(_ text: String, _ count: Int, _ period: UInt64) throws {
    let rate = try #require(Rate(text))
    #expect(Allowance(RateLimit(rate)) == Allowance(count: count, per: period))
    #expect(Allowance(RateLimit(rate, burst: 3)).burst == 3)
  }

  @Test func anAbsurdPeriodIsALongOne() {
    #expect(Allowance(RateLimit(Rate(count: 1, window: .seconds(Int64.max)))).period >= .max / 4)
    #expect(Allowance(RateLimit(Rate(count: 0, window: .seconds(-5)))) == Allowance(count: 1, per: 1))
  }
}
