import TestSupport
import Testing
@testable import Guards

@Suite struct TokenBucketTests {
  @Test func aBurstThenTheSteadyRate() {
    var bucket = TokenBucket(count: 10, per: second, burst: 3)
    #expect((0..<3).map { _ in bucket.take(now: 100 * second).allowed } == [true, true, true])
    let refused = bucket.take(now: 100 * second)
    #expect(refused == Budget(allowed: false, limit: 3, remaining: 0, reset: 300_000_000, retryAfter: 100_000_000))
    #expect(!bucket.take(now: 100 * second + 99_999_999).allowed)
    #expect(bucket.take(now: 100 * second + 100_000_000).allowed)
  }

  @Test func answersTellWhatIsLeft() {
    var bucket = TokenBucket(count: 60, per: minute)
    #expect(bucket.take(20, now: 0) == Budget(allowed: true, limit: 60, remaining: 40, reset: 20 * second, retryAfter: 0))
    #expect(bucket.take(41, now: 0) == Budget(allowed: false, limit: 60, remaining: 40, reset: 20 * second, retryAfter: second))
    #expect(bucket.take(1, now: 20 * second).remaining == 59)
  }

  @Test func peekingTakesNothing() {
    var bucket = TokenBucket(count: 1, per: minute)
    #expect(bucket.peek(now: 5).allowed)
    #expect(bucket.peek(now: 5).remaining == 1)
    #expect(bucket.take(now: 5).allowed)
    #expect(!bucket.peek(now: 5).allowed)
    #expect(bucket.peek(now: 5).retryAfter == minute)
  }

  @Test func moreThanABurstIsNeverGranted() {
    var bucket = TokenBucket(count: 10, per: second, burst: 5)
    #expect(!bucket.take(6, now: 1000 * second).allowed)
    #expect(bucket.take(5, now: 1000 * second).allowed)
  }

  /// The promise: over any span at most burst + span * count / period.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func neverExceedsItsRate(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...1000, using: &random)
    let period = UInt64.random(in: 1...10, using: &random) * second
    let burst = Int.random(in: 1...50, using: &random)
    var bucket = TokenBucket(count: count, per: period, burst: burst)
    let start: UInt64 = 1_000_000
    var now = start
    var granted = 0
    for _ in 0..<20_000 {
      now += UInt64.random(in: 0...(2 * period / UInt64(count)), using: &random)
      let budget = bucket.take(now: now)
      if budget.allowed { granted += 1 }
      #expect((0...burst).contains(budget.remaining), "seed \(seed)")
      #expect(budget.allowed == (budget.retryAfter == 0), "seed \(seed)")
      if !budget.allowed {
        // What it says about retrying is exact: neither a nanosecond early nor late.
        var early = bucket
        var due = bucket
        #expect(!early.take(now: now + budget.retryAfter - 1).allowed, "seed \(seed)")
        #expect(due.take(now: now + budget.retryAfter).allowed, "seed \(seed)")
      }
    }
    let most = Double(burst) + Double(now - start) * Double(count) / Double(period)
    #expect(Double(granted) <= most, "seed \(seed): \(granted) granted, \(most) allowed")
    #expect(granted > 0, "seed \(seed)")
  }

  @Test func absurdNumbersSaturate() {
    var bucket = TokenBucket(count: 1, per: .max, burst: .max)
    #expect(bucket.take(now: .max - 1).allowed)
    #expect(bucket.take(.max, now: .max).limit == .max)
    var none = TokenBucket(count: 0, per: 0, burst: 0)
    #expect(none.take(now: 0).limit == 1)
  }
}
