import TestSupport
import Testing
@testable import Guards

@Suite struct FixedWindowTests {
  /// N3: ten pass, the eleventh does not, and the count starts anew when the window is over.
  @Test func tenPassAndTheEleventhDoesNot() {
    var window = FixedWindow(count: 10, per: minute)
    for number in 0..<10 {
      let budget = window.take(now: 7 * second + UInt64(number) * 5 * second)
      #expect(budget.allowed)
      #expect(budget.remaining == 9 - number)
    }
    let refused = window.take(now: 7 * second + 59 * second)
    #expect(refused == Budget(allowed: false, limit: 10, remaining: 0, reset: second, retryAfter: second))
    #expect(window.take(now: 7 * second + 60 * second) == Budget(allowed: true, limit: 10, remaining: 9, reset: minute, retryAfter: 0))
  }

  @Test func aRefusedUseDoesNotLengthenTheWindow() {
    var window = FixedWindow(count: 1, per: minute)
    _ = window.take(now: 0)
    for number in 1..<60 { #expect(!window.take(now: UInt64(number) * second).allowed) }
    #expect(window.take(now: minute).allowed)
  }

  @Test func peekingTakesNothing() {
    var window = FixedWindow(count: 1, per: minute)
    #expect(window.peek(now: 5) == Budget(allowed: true, limit: 1, remaining: 1, reset: 0, retryAfter: 0))
    _ = window.take(now: 5)
    #expect(window.peek(now: 5).retryAfter == minute)
    #expect(window.peek(now: 5 + minute).allowed)
  }

  @Test func aReloadThatShortensThePeriodShortensTheWait() {
    var before = FixedWindow(count: 1, per: 60 * minute)
    _ = before.take(now: 0)
    var after = FixedWindow(count: 1, per: minute, end: before.end, used: before.used)
    #expect(after.take(now: second).retryAfter == minute)
  }

  @Test func theEndOfTheClockDoesNotTrap() {
    var window = FixedWindow(count: 1, per: .max)
    #expect(window.take(now: .max - 1).allowed)
    #expect(!window.take(now: .max - 1).allowed)
  }

  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func everyWindowGrantsExactlyItsCount(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...20, using: &random)
    var window = FixedWindow(count: count, per: minute)
    var now: UInt64 = 0
    for _ in 0..<200 {
      now += UInt64.random(in: minute...(3 * minute), using: &random)
      let start = now
      var granted = 0
      for _ in 0..<(count + 5) where window.take(now: start + UInt64.random(in: 0..<minute, using: &random) / 2).allowed { granted += 1 }
      #expect(granted == count, "seed \(seed)")
      now = start + 2 * minute
    }
  }
}
