import Testing
@testable import Guards

@Suite struct BudgetTests {
  @Test(
    arguments: [
      (0, 0), (1, 1), (999_999_999, 1), (1_000_000_000, 1), (1_000_000_001, 2), (60_000_000_000, 60),
      (.max, 18_446_744_074),
    ] as [(UInt64, Int)])
  func secondsAreRoundedUp(_ nanoseconds: UInt64, _ seconds: Int) {
    #expect(Budget.seconds(nanoseconds) == seconds)
  }

  @Test func headersAreThoseOfTheDraft() {
    let headers = Budget(allowed: true, limit: 10, remaining: 4, reset: 30_500_000_000, retryAfter: 0).headers
    #expect(headers.map { "\($0.name): \($0.value)" } == ["RateLimit-Limit: 10", "RateLimit-Remaining: 4", "RateLimit-Reset: 31"])
  }
}
