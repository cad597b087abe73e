import Testing
@testable import Gateway

@Suite struct LineBudgetTests {
  @Test func soManyInEachSecond() {
    let budget = LineBudget(most: 3)
    let second: UInt64 = 1_000_000_000
    let granted = [0, 1, 2, 3, 4, second - 1, second, second + 1, second + 2, second + 3, 9 * second].map {
      budget.take(now: 5 * second + $0)
    }
    #expect(granted == [true, true, true, false, false, false, true, true, true, false, true])
  }
}
