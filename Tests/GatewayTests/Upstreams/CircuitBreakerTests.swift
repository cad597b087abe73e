import Configuration
import TestSupport
import Testing
@testable import Gateway

@Suite struct CircuitBreakerTests {
  private static let second: UInt64 = 1_000_000_000

  private static func settings(failures: Int = 3, within: Int = 30, rest: Int = 10, longest: Int = 60) -> CircuitSettings {
    var settings = CircuitSettings()
    settings.failures = failures
    settings.within = .seconds(within)
    settings.rest = .seconds(rest)
    settings.longestRest = .seconds(longest)
    return settings
  }

  /// A dial: asked for at a second, and what became of it.
  private struct Dial {
    let at: UInt64
    let outcome: CircuitBreaker.Outcome
    init(_ at: UInt64, _ outcome: CircuitBreaker.Outcome) { (self.at, self.outcome) = (at, outcome) }
  }

  /// Dials one after the other, and the state a moment after the last.
  private func run(_ dials: [Dial], _ settings: CircuitSettings? = CircuitBreakerTests.settings()) -> (CircuitBreaker, refused: [UInt64]) {
    var breaker = CircuitBreaker()
    var refused: [UInt64] = []
    for dial in dials {
      let now = dial.at * Self.second
      guard case .permitted(let permit) = breaker.ask(settings, now: now) else {
        refused.append(dial.at)
        continue
      }
      breaker.settle(permit, dial.outcome, settings, now: now)
    }
    return (breaker, refused)
  }

  /// The permit that there has to be.
  private static func permit(
    _ breaker: inout CircuitBreaker, _ settings: CircuitSettings?, now: UInt64
  ) throws -> CircuitBreaker.Permit {
    let answer = breaker.ask(settings, now: now)
    guard case .permitted(let permit) = answer else { throw ChildProcess.Failure(description: "at \(now): \(answer), not a permit") }
    return permit
  }

  @Test func opensAfterSoManyFailuresInARow() {
    let (breaker, refused) = run([Dial(1, .failed), Dial(2, .failed), Dial(3, .failed), Dial(4, .failed), Dial(12, .failed)])
    #expect(refused == [4, 12])
    #expect(breaker.state(at: 4 * Self.second) == .open(until: 13 * Self.second))
    #expect(breaker.state(at: 13 * Self.second) == .halfOpen)
  }

  @Test func anAnswerEndsTheRow() {
    let (breaker, refused) = run([Dial(1, .failed), Dial(2, .failed), Dial(3, .answered), Dial(4, .failed), Dial(5, .failed)])
    #expect(refused == [] && breaker.state(at: 6 * Self.second) == .closed && breaker.failureCount == 2)
  }

  @Test func aClientThatLeavesSaysNothing() {
    let (breaker, _) = run([Dial(1, .failed), Dial(2, .failed), Dial(3, .unknown), Dial(4, .unknown)])
    #expect(breaker.state(at: 5 * Self.second) == .closed && breaker.failureCount == 2)
  }

  @Test func oldFailuresDoNotCount() {
    let (breaker, _) = run([Dial(1, .failed), Dial(2, .failed), Dial(40, .failed), Dial(41, .failed)])
    #expect(breaker.state(at: 42 * Self.second) == .closed && breaker.failureCount == 2)
  }

  @Test func oneSessionTriesAndTheOthersWait() throws {
    var (breaker, _) = run([Dial(1, .failed), Dial(2, .failed), Dial(3, .failed)])
    let settings = Self.settings()
    let now = 14 * Self.second
    let trial = try Self.permit(&breaker, settings, now: now)
    #expect(trial.isTrial)
    #expect(breaker.ask(settings, now: now) == .refused(wait: Self.second))
    breaker.settle(trial, .answered, settings, now: now)
    #expect(breaker.state(at: now) == .closed && breaker.failureCount == 0)
    let next = try Self.permit(&breaker, settings, now: now)
    #expect(!next.isTrial)
  }

  /// A trial whose client left leaves the trial to the next.
  @Test func aTrialThatSaysNothingIsTriedAgain() throws {
    var (breaker, _) = run([Dial(1, .failed), Dial(2, .failed), Dial(3, .failed)])
    let settings = Self.settings()
    for _ in 0..<3 {
      let trial = try Self.permit(&breaker, settings, now: 14 * Self.second)
      breaker.settle(trial, .unknown, settings, now: 14 * Self.second)
      #expect(breaker.state(at: 14 * Self.second) == .halfOpen)
    }
  }

  @Test func everyFailedTrialDoublesTheRest() throws {
    var (breaker, _) = run([Dial(1, .failed), Dial(2, .failed), Dial(3, .failed)])
    let settings = Self.settings()
    var now = 3 * Self.second
    for rest: UInt64 in [10, 20, 40, 60, 60] {
      #expect(breaker.state(at: now) == .open(until: now + rest * Self.second))
      now += rest * Self.second
      let trial = try Self.permit(&breaker, settings, now: now)
      breaker.settle(trial, .failed, settings, now: now)
    }
    // A success begins anew.
    now += 60 * Self.second
    let trial = try Self.permit(&breaker, settings, now: now)
    breaker.settle(trial, .answered, settings, now: now)
    for _ in 0..<3 {
      let permit = try Self.permit(&breaker, settings, now: now)
      breaker.settle(permit, .failed, settings, now: now)
    }
    #expect(breaker.state(at: now) == .open(until: now + 10 * Self.second))
  }

  /// What was under way when the circuit opened says nothing of what came later.
  @Test func lateNewsDoesNotCount() throws {
    var breaker = CircuitBreaker()
    let settings = Self.settings()
    let slow = try Self.permit(&breaker, settings, now: 0)
    for _ in 0..<3 {
      let permit = try Self.permit(&breaker, settings, now: 1)
      breaker.settle(permit, .failed, settings, now: 1)
    }
    breaker.settle(slow, .answered, settings, now: 2)
    #expect(breaker.state(at: 2).name == "open")
  }

  @Test func offMeansAlwaysPermitted() throws {
    let dials = (0..<20).map { Dial(UInt64($0), .failed) }
    let (breaker, refused) = run(dials, nil)
    #expect(refused == [] && breaker.state(at: 30 * Self.second) == .closed)
    // Turned off while it was open, too.
    var (open, _) = run([Dial(1, .failed), Dial(2, .failed), Dial(3, .failed)])
    _ = try Self.permit(&open, nil, now: 4 * Self.second)
    #expect(open.state(at: 4 * Self.second) == .closed)
  }

  /// Whatever happens: at most one trial at a time, no permit while it is open, and it always comes back.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func keepsItsRules(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let settings = Self.settings(failures: .random(in: 1...4, using: &random), within: 5, rest: 2, longest: 16)
    var breaker = CircuitBreaker()
    var now: UInt64 = 0
    var out: [CircuitBreaker.Permit] = []
    for step in 0..<400 {
      now += .random(in: 0...(2 * Self.second), using: &random)
      if Bool.random(using: &random) {
        let before = breaker.state(at: now)
        switch breaker.ask(settings, now: now) {
        case .permitted(let permit):
          if case .open = before { Issue.record("seed \(seed), step \(step): a permit while it is open") }
          #expect(permit.isTrial == (before == .halfOpen), "seed \(seed), step \(step)")
          out.append(permit)
        case .refused(let wait):
          #expect(before != .closed && wait > 0 && wait <= 16 * Self.second, "seed \(seed), step \(step): \(before), \(wait)")
        }
      } else if let index = out.indices.randomElement(using: &random) {
        let outcome = [CircuitBreaker.Outcome.answered, .failed, .failed, .unknown].randomElement(using: &random) ?? .failed
        breaker.settle(out.remove(at: index), outcome, settings, now: now)
      }
    }
    for permit in out { breaker.settle(permit, .unknown, settings, now: now) }
    now += 17 * Self.second
    let last = try Self.permit(&breaker, settings, now: now)
    breaker.settle(last, .answered, settings, now: now)
    #expect(breaker.state(at: now) == .closed, "seed \(seed)")
  }
}
