import Testing
@testable import Relay

/// When a session ends that is to end: not in the middle of a turn, as far as silence tells, and at the latest when it is due.
@Suite struct ScheduledEndTests {
  private static let end = SessionEnd(name: "drain", code: .goingAway, reason: "")

  @Test(
    arguments: [
      (nil, nil, 10_000), (nil, 0, 10_000), (500, nil, 10_000), (500, 0, 1_000), (500, 400, 1_000), (500, 900, 1_400), (500, 9_400, 9_900),
      (500, 9_600, 10_000), (500, 20_000, 10_000),
    ] as [(Int64?, Int64?, Int64)])
  func due(_ idle: Int64?, _ quietSince: Int64?, _ expected: Int64) {
    let scheduled = ScheduledEnd(Self.end, due: 10_000, earliest: 1_000, idle: idle)
    #expect(scheduled.due(quietSince: quietSince) == expected)
    #expect(scheduled.nextLook(quietSince: quietSince, now: 1_200) <= expected)
  }

  @Test func looksAgain() {
    let scheduled = ScheduledEnd(Self.end, due: 10_000, earliest: 1_000, idle: 500)
    #expect(scheduled.nextLook(quietSince: nil, now: 0) == 1_500)
    #expect(scheduled.nextLook(quietSince: nil, now: 4_000) == 4_500)
    #expect(scheduled.nextLook(quietSince: nil, now: 9_900) == 10_000)
    #expect(ScheduledEnd(Self.end, due: 10_000, earliest: 0, idle: nil).nextLook(quietSince: nil, now: 0) == 10_000)
  }
}
