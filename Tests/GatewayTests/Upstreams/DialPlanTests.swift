import TestSupport
import Testing
@testable import Gateway

@Suite struct DialPlanTests {
  @Test func everyPlaceHasItsShareOfWhatIsLeft() {
    var plan = DialPlan(places: 3, budget: 900, now: 100)
    #expect(plan.next(now: 100) == DialPlan.Step(index: 0, deadline: 400))
    plan.failed(.otherPlace, now: 400)
    #expect(plan.next(now: 400) == DialPlan.Step(index: 1, deadline: 700))
    // What the second did not need is the third's.
    plan.failed(.otherPlace, now: 450)
    #expect(plan.next(now: 450) == DialPlan.Step(index: 2, deadline: 1_000))
    plan.failed(.otherPlace, now: 500)
    #expect(plan.next(now: 500) == nil)
  }

  @Test func onePlaceHasItAll() {
    var plan = DialPlan(places: 1, budget: 900, now: 0)
    #expect(plan.next(now: 0) == DialPlan.Step(index: 0, deadline: 900))
  }

  @Test func anotherCredentialAtTheSamePlaceHasNoMoreTime() {
    var plan = DialPlan(places: 2, budget: 1_000, now: 0)
    #expect(plan.next(now: 0)?.deadline == 500)
    plan.failed(.samePlace, now: 100)
    #expect(plan.next(now: 100) == DialPlan.Step(index: 0, deadline: 500))
    plan.failed(.samePlace, now: 500)
    #expect(plan.next(now: 500) == DialPlan.Step(index: 1, deadline: 1_000))
  }

  @Test func samePlaceIsNotForEver() {
    var plan = DialPlan(places: 2, budget: 1_000, now: 0)
    var tries = 0
    while let step = plan.next(now: 0), step.index == 0 {
      tries += 1
      plan.failed(.samePlace, now: 0)
    }
    #expect(tries == DialPlan.triesAtOnePlace)
  }

  @Test func aRefusalOfTheRequestEndsIt() {
    var plan = DialPlan(places: 3, budget: 1_000, now: 0)
    _ = plan.next(now: 0)
    plan.failed(.nowhere, now: 1)
    #expect(plan.next(now: 1) == nil)
  }

  /// Whatever fails when: every place at most once but for other credentials, in order, and never past the end.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func keepsItsRules(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let places = Int.random(in: 1...6, using: &random)
    let budget = UInt64.random(in: 1...10_000, using: &random)
    var now = UInt64.random(in: 0...1_000, using: &random)
    let end = now + budget
    var plan = DialPlan(places: places, budget: budget, now: now)
    var last = 0
    var steps = 0
    while let step = plan.next(now: now) {
      steps += 1
      #expect(now < end && step.deadline <= end && step.deadline >= now, "seed \(seed), step \(steps)")
      #expect(step.index >= last && step.index < places, "seed \(seed), step \(steps)")
      last = step.index
      now += .random(in: 0...(step.deadline - now + 1), using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: plan.skip()
      case 1: plan.failed(.samePlace, now: now)
      default: plan.failed(.otherPlace, now: now)
      }
    }
    #expect(steps <= places * DialPlan.triesAtOnePlace, "seed \(seed)")
  }

  /// What a failure says: of the endpoint, of the credential, and where to go on.
  static let verdicts: [(DialFailure, CircuitBreaker.Outcome, DialVerdict.Credential, DialVerdict.Next)] = [
    (.unresolved(""), .failed, .innocent, .otherPlace), (.unreachable(""), .failed, .innocent, .otherPlace),
    (.timedOut, .failed, .innocent, .otherPlace), (.tls("expired"), .failed, .innocent, .otherPlace),
    (.badHandshake(""), .failed, .innocent, .otherPlace), (.closedEarly, .failed, .innocent, .otherPlace),
    (.cancelled, .unknown, .innocent, .nowhere), (.refused(status: 500), .failed, .innocent, .otherPlace),
    (.refused(status: 503, retryAfter: 9), .failed, .innocent, .otherPlace), (.refused(status: 408), .failed, .innocent, .otherPlace),
    (.refused(status: 401), .answered, .refused, .samePlace), (.refused(status: 402), .answered, .refused, .samePlace),
    (.refused(status: 403), .answered, .innocent, .samePlace),
    (.refused(status: 429), .answered, .throttled(seconds: nil), .samePlace),
    (.refused(status: 429, retryAfter: 7), .answered, .throttled(seconds: 7), .samePlace),
    (.refused(status: 400), .answered, .innocent, .nowhere), (.refused(status: 404), .answered, .innocent, .nowhere),
    (.refused(status: 302), .answered, .innocent, .nowhere), (.refused(status: 200), .answered, .innocent, .nowhere),
    (.initRefused(status: 200, ""), .answered, .innocent, .otherPlace), (.noToken(""), .answered, .innocent, .otherPlace),
  ]

  @Test(arguments: verdicts.indices)
  func aFailureHasItsConsequences(index: Int) {
    let (failure, endpoint, credential, next) = Self.verdicts[index]
    #expect(failure.verdict == DialVerdict(endpoint: endpoint, credential: credential, next: next), "\(failure)")
  }

  @Test(
    arguments: [
      (nil, nil), ("7", 7), ("0", 0), ("-1", nil), ("Wed, 21 Oct 2026 07:28:00 GMT", nil), ("99999999", 86_400), ("7.5", nil), ("", nil),
    ] as [(String?, Int?)])
  func retryAfter(text: String?, seconds: Int?) {
    #expect(RetryAfter.seconds(text) == seconds)
  }
}
