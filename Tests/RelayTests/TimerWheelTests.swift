import TestSupport
import Testing
@testable import Relay

@Suite struct TimerWheelTests {
  private static let horizon = TimerWheel.tick * 1_023

  /// What was armed: once per wake-up, with the earliest and latest time it may come.
  private struct Armed {
    let id: UInt64
    let deadline: Int64
    let armedAt: Int64
  }

  /// Random arming and random sleeps: each wake-up comes once, not before its deadline (or the horizon), not later than one slot after it.
  @Test func neverEarlyNeverLost() {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var now = Int64.random(in: 0...1_000_000, using: &random)
      var wheel = TimerWheel(now: now)
      var armed: [UInt64: Armed] = [:]
      var nextID: UInt64 = 0
      var lastAdvance = now
      for _ in 0..<300 {
        if random.chance(0.6) {
          let reach: Int64 = [0, 50, 1_000, 60_000, 200_000][random.number(0...4)]
          let deadline = now + Int64.random(in: -100...max(1, reach), using: &random)
          wheel.arm(nextID, at: deadline)
          armed[nextID] = Armed(id: nextID, deadline: deadline, armedAt: lastAdvance)
          nextID += 1
        }
        let sleep: Int64 = [0, 1, 30, 64, 700, 70_000, 400_000][random.number(0...6)]
        now += random.chance(0.5) ? 0 : Int64.random(in: 0...max(1, sleep), using: &random)
        for id in wheel.advance(to: now) {
          guard let one = armed.removeValue(forKey: id) else {
            Issue.record("seed \(seed): \(id) woke twice")
            return
          }
          // The horizon is counted in whole slots from the last advance.
          let horizon = (one.armedAt / TimerWheel.tick + 1_023) * TimerWheel.tick
          #expect(now > one.deadline || now >= horizon, "seed \(seed): woke early")
        }
        lastAdvance = now
        let overdue = armed.values.filter { now >= max($0.deadline + TimerWheel.tick, $0.armedAt + 2 * TimerWheel.tick) }
        #expect(overdue.isEmpty, "seed \(seed): still asleep at \(now)")
        #expect(wheel.isEmpty == armed.isEmpty, "seed \(seed)")
      }
      let rest = wheel.advance(to: now + Self.horizon + TimerWheel.tick)
      #expect(Set(rest) == Set(armed.keys) && rest.count == armed.count, "seed \(seed): lost")
      #expect(wheel.isEmpty)
    }
  }

  /// Waking whenever the wheel wants it, a far deadline takes a few looks and then comes on time.
  @Test func horizonIsCrossedByArmingAgain() {
    let start: Int64 = 12_345
    let deadline = start + 10 * Self.horizon + 17
    var now = start
    var wheel = TimerWheel(now: now)
    wheel.arm(1, at: deadline)
    var looks = 0
    while true {
      now += Int64(wheel.untilNextTick(now: now))
      guard !wheel.advance(to: now).isEmpty else { continue }
      looks += 1
      if now >= deadline { break }
      wheel.arm(1, at: deadline)
    }
    #expect(looks >= 10 && looks <= 12)
    #expect(now > deadline && now <= deadline + TimerWheel.tick)
  }

  @Test func armingTwiceWakesTwice() {
    var wheel = TimerWheel(now: 0)
    wheel.arm(7, at: 100)
    wheel.arm(7, at: 100)
    #expect(!wheel.isEmpty)
    #expect(wheel.advance(to: 100).isEmpty)
    #expect(wheel.advance(to: 128) == [7, 7])
    #expect(wheel.advance(to: 128).isEmpty)
    #expect(wheel.isEmpty)
  }

  @Test func longSleepFindsEverySlotOnce() {
    var wheel = TimerWheel(now: 0)
    for index in 0..<5_000 as Range<UInt64> { wheel.arm(index, at: Int64(index) * 13) }
    #expect(Set(wheel.advance(to: 1 << 40)).count == 5_000)
    #expect(wheel.isEmpty)
    wheel.arm(1, at: 1 << 40)
    #expect(wheel.advance(to: 1 << 40).isEmpty)
    #expect(wheel.advance(to: (1 << 40) + TimerWheel.tick) == [1])
  }

  @Test func waitIsNeverZeroOrPastTheTick() {
    let wheel = TimerWheel(now: 640)
    for now in 640..<704 as Range<Int64> { #expect(Int64(wheel.untilNextTick(now: now)) == 704 - now) }
    #expect(wheel.untilNextTick(now: 704) == 1)
    #expect(wheel.untilNextTick(now: 90_000) == 1)
  }

  @Test func extremeDeadlinesAreHeld() {
    var wheel = TimerWheel(now: 1_000)
    wheel.arm(1, at: .max - 1)
    wheel.arm(2, at: .min)
    #expect(wheel.advance(to: 1_100) == [2])
    #expect(wheel.advance(to: 1_000 + Self.horizon + TimerWheel.tick) == [1])
  }
}
