import TestSupport
import Testing
@testable import Guards

@Suite struct MeterTests {
  @Test func allAtOnceThenEvenly() {
    let meter = Meter(count: 10, per: minute)
    for _ in 0..<10 { #expect(meter.take(1, now: second)) }
    #expect(!meter.take(1, now: second))
    #expect(!meter.take(1, now: 7 * second - 1))
    #expect(meter.take(1, now: 7 * second))
    #expect(!meter.take(1, now: 7 * second))
    #expect(meter.take(10, now: 8 * minute))
  }

  @Test func aRefusedTakeCostsNothing() {
    let meter = Meter(count: 100, per: second)
    #expect(meter.take(60, now: 0))
    for _ in 0..<100 { #expect(!meter.take(41, now: 0)) }
    #expect(meter.take(40, now: 0))
  }

  @Test func moreThanTheBurstIsNeverGranted() {
    let meter = Meter(count: 100, per: second, burst: 5)
    #expect(!meter.take(6, now: 10 * minute))
    #expect(!meter.take(.max, now: 10 * minute))
    #expect(meter.wait(for: 6, now: 0) == nil)
    #expect(meter.take(5, now: 10 * minute))
  }

  @Test func nothingCostsNothing() {
    let meter = Meter(count: 1, per: second)
    #expect(meter.take(0, now: 0))
    #expect(meter.take(-5, now: 0))
    #expect(meter.remaining(now: 0) == 1)
    #expect(meter.take(1, now: 0))
    #expect(meter.take(0, now: 0))
  }

  /// Two hours of audio a day, in milliseconds: there at once, back after a day, in between in proportion.
  @Test func aDaysBudget() {
    let day = 86_400 * second
    let meter = Meter(count: 7_200_000, per: day)
    #expect(meter.take(7_200_000, now: 0))
    #expect(!meter.take(1, now: 0))
    #expect(meter.remaining(now: day / 4) == 1_800_000)
    #expect(meter.remaining(now: day - 1) == 7_199_999)
    #expect(meter.remaining(now: day) == 7_200_000)
    #expect(meter.remaining(now: 3 * day) == 7_200_000)
  }

  @Test func tellsWhatIsLeftAndWhen() {
    let meter = Meter(count: 10, per: 10 * second, burst: 4)
    #expect(meter.budget(now: 0) == Budget(allowed: true, limit: 4, remaining: 4, reset: 0, retryAfter: 0))
    #expect(meter.take(3, now: 0))
    #expect(meter.budget(now: 0) == Budget(allowed: true, limit: 4, remaining: 1, reset: 3 * second, retryAfter: 0))
    #expect(meter.budget(for: 3, now: 0) == Budget(allowed: false, limit: 4, remaining: 1, reset: 3 * second, retryAfter: 2 * second))
    #expect(meter.budget(for: 5, now: minute) == Budget(allowed: false, limit: 4, remaining: 4, reset: 0, retryAfter: 0))
    #expect(meter.wait(for: 2, now: 0) == second)
    #expect(meter.wait(for: 2, now: second) == 0)
    #expect(meter.isBelow(2, now: 0))
    #expect(!meter.isBelow(1, now: 0))
    #expect(!meter.isBelow(2, now: second))
  }

  @Test func whatHappenedIsChargedAndComesBackFirst() {
    let meter = Meter(count: 10, per: 10 * second)
    #expect(meter.charge(10, now: 0))
    #expect(!meter.charge(3, now: 0))
    #expect(meter.remaining(now: 0) == 0)
    #expect(!meter.take(1, now: 3 * second))
    #expect(meter.take(1, now: 4 * second))
    // At most one more budget is owed, whatever a vendor says.
    #expect(!meter.charge(.max, now: minute))
    #expect(meter.wait(for: 10, now: minute) == 20 * second)
    #expect(meter.charge(-4, now: 2 * minute))
    #expect(meter.remaining(now: 2 * minute) == 10)
  }

  @Test func whatIsGivenBackIsThereAgain() {
    let meter = Meter(count: 10, per: second)
    #expect(meter.take(10, now: 0))
    meter.giveBack(4)
    #expect(meter.remaining(now: 0) == 4)
    #expect(meter.take(4, now: 0))
    #expect(!meter.take(1, now: 0))
  }

  @Test(
    arguments: [
      (65_536, second), (1_048_576, second), (16 << 20, second), (128 << 20, second), (1 << 30, second), (3, second), (7, minute),
      (1, 86_400 * second), (999_983, 86_400 * second),
    ] as [(Int, UInt64)])
  func roundingCostsAtMostAHundredth(_ count: Int, _ period: UInt64) {
    let meter = Meter(count: count, per: period)
    let start = minute
    #expect(meter.take(count, now: start))
    #expect(!meter.take(1, now: start))
    #expect(meter.remaining(now: start + period) >= count - count / 100 - 1)
    #expect(meter.remaining(now: start + period + period / 100 + 1) == count)
  }

  @Test func absurdLimitsAndClocksAreNoCrash() {
    for (count, period, burst) in [
      (0, 0, 0), (-1, 0, -1), (.max, 1, .max), (1, .max, .max), (.max, .max, .max), (1, .max, 1),
    ] as [(Int, UInt64, Int)] {
      for now in [0, 1, .max / 4, .max / 2, .max] as [UInt64] {
        let meter = Meter(count: count, per: period, burst: burst)
        #expect(meter.take(1, now: now))
        _ = meter.take(.max, now: now)
        meter.charge(.max, now: now)
        meter.charge(.max, now: now)
        #expect(!meter.take(1, now: now))
        #expect(meter.remaining(now: now) == 0)
        _ = meter.budget(for: .max, now: now)
        meter.giveBack(.max)
      }
    }
  }

  /// A bucket that leaks, in exact fractions: `level` counts units times nanoseconds.
  private struct Bucket {
    let count: Int
    let period: UInt64
    let burst: Int
    var level: UInt128 = 0
    var last: UInt64 = 0

    mutating func take(_ cost: Int, now: UInt64) -> Bool {
      let leaked = UInt128(now - last) * UInt128(count)
      level = level > leaked ? level - leaked : 0
      last = now
      let after = level + UInt128(cost) * UInt128(period)
      guard after <= UInt128(burst) * UInt128(period) else { return false }
      level = after
      return true
    }
  }

  /// Where a unit is a whole number of nanoseconds there is no rounding, and the two agree in every answer.
  @Test(arguments: [101, 102, 103, 104, 105, 106, 107, 108] as [UInt64])
  func agreesWithALeakyBucket(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...2000, using: &random)
    let interval = UInt64.random(in: 1...5_000_000, using: &random)
    let burst = Int.random(in: 1...300, using: &random)
    let meter = Meter(count: count, per: UInt64(count) * interval, burst: burst)
    var bucket = Bucket(count: count, period: UInt64(count) * interval, burst: burst)
    var now = UInt64.random(in: 0...minute, using: &random)
    var granted = 0
    for step in 0..<20_000 {
      now += UInt64.random(in: 0...(4 * interval), using: &random)
      let cost = Int.random(in: 0...max(8, burst / 20), using: &random)
      let expected = bucket.take(cost, now: now)
      let got = meter.take(cost, now: now)
      let left = Int((UInt128(burst) * UInt128(bucket.period) - bucket.level) / UInt128(bucket.period))
      #expect(got == expected && meter.remaining(now: now) == left, "seed \(seed), step \(step)")
      if got != expected { return }
      granted += got ? 1 : 0
    }
    #expect((1_000..<19_999).contains(granted), "seed \(seed): \(granted) granted")
  }

  /// With rounding: over every span no more passes than was promised.
  @Test(arguments: [111, 112, 113, 114] as [UInt64])
  func noSpanLetsMoreThrough(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...5_000_000, using: &random)
    let burst = Int.random(in: 1...10_000, using: &random)
    let meter = Meter(count: count, per: second, burst: burst)
    var now = minute
    var granted: [(at: UInt64, cost: Int)] = []
    for _ in 0..<2_000 {
      now += UInt64.random(in: 0...(second / UInt64(count) * UInt64(burst) / 4 + 2), using: &random)
      let cost = Int.random(in: 1...max(1, burst / 3), using: &random)
      if meter.take(cost, now: now) { granted.append((now, cost)) }
    }
    #expect(granted.count > 100, "seed \(seed)")
    for start in granted.indices {
      var sum = 0
      for end in start..<granted.count {
        sum += granted[end].cost
        let most = UInt128(burst) * UInt128(second) + UInt128(granted[end].at - granted[start].at) * UInt128(count)
        if UInt128(sum) * UInt128(second) > most {
          Issue.record("seed \(seed): \(sum) of \(count)/1s from \(granted[start].at) to \(granted[end].at)")
          return
        }
      }
    }
  }

  /// Four threads with clocks that are not in step: never more than the burst and what comes back until the last of them.
  @Test(arguments: [121, 122, 123] as [UInt64])
  func threadsNeverExceedTheBudget(_ seed: UInt64) async {
    let meter = Meter(count: 1_000_000, per: second, burst: 50_000)
    let start = minute
    let sums = await withTaskGroup(of: Int.self, returning: [Int].self) { group in
      for thread in 0..<4 {
        group.addTask {
          var random = SeededGenerator(seed: seed * 10 + UInt64(thread))
          var sum = 0
          for step in 0..<40_000 {
            let cost = Int.random(in: 1...7, using: &random)
            // A tenth of a second in all.
            if meter.take(cost, now: start + UInt64(step) * (second / 10) / 40_000) { sum += cost }
          }
          // What the last steps left.
          while meter.take(1, now: start + second / 10) { sum += 1 }
          return sum
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let sum = sums.reduce(0, +)
    #expect(sum <= 50_000 + 100_000, "seed \(seed): \(sums)")
    #expect(sum >= 50_000, "seed \(seed): \(sums)")
  }
}
