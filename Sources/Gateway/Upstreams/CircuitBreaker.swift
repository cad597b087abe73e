import Configuration

/// Whether an endpoint that fails may be dialled: yes; not for a while; or by one session, which finds out. A value without I/O.
///
/// Times are nanoseconds of a clock that never goes back. The settings come with every call, since a reload may change them.
struct CircuitBreaker: Sendable, Equatable {
  enum State: Equatable {
    case closed
    /// Until then nobody dials.
    case open(until: UInt64)
    /// The rest is over; one session tries, or may.
    case halfOpen
  }

  /// The right to dial once. Every one has to be settled.
  struct Permit: Sendable, Equatable {
    /// Tells what is heard of a dial that began before the circuit opened from what is heard of a trial.
    fileprivate let generation: UInt64
    let isTrial: Bool
  }

  enum Answer: Equatable {
    case permitted(Permit)
    /// In so many nanoseconds it makes sense to ask again.
    case refused(wait: UInt64)
  }

  /// What became of a dial.
  enum Outcome: Sendable {
    /// The endpoint answered, whatever it said.
    case answered
    case failed
    /// Nobody knows: the client went away.
    case unknown
  }

  private var failures = 0
  private var firstFailure: UInt64 = 0
  private var openUntil: UInt64?
  /// Rests so far without a success between them.
  private var rests = 0
  private var isTrying = false
  private var generation: UInt64 = 0

  /// Failures in a row.
  var failureCount: Int { failures }

  func state(at now: UInt64) -> State {
    guard let openUntil else { return .closed }
    return now < openUntil ? .open(until: openUntil) : .halfOpen
  }

  /// Asks for the right to dial.
  ///
  /// - Parameter settings: nil where the circuit is off.
  mutating func ask(_ settings: CircuitSettings?, now: UInt64) -> Answer {
    guard let settings else {
      self = CircuitBreaker(after: generation)
      return .permitted(Permit(generation: generation, isTrial: false))
    }
    switch state(at: now) {
    case .closed: return .permitted(Permit(generation: generation, isTrial: false))
    case .open(let until): return .refused(wait: until - now)
    case .halfOpen:
      // The trial is under way; how long it takes is not known.
      if isTrying { return .refused(wait: min(settings.rest.wholeNanoseconds, 1_000_000_000)) }
      isTrying = true
      return .permitted(Permit(generation: generation, isTrial: true))
    }
  }

  /// Takes what became of a dial.
  mutating func settle(_ permit: Permit, _ outcome: Outcome, _ settings: CircuitSettings?, now: UInt64) {
    guard permit.generation == generation else { return }
    if permit.isTrial { isTrying = false }
    guard let settings else { return }
    switch outcome {
    case .unknown: break
    case .answered:
      failures = 0
      if permit.isTrial { self = CircuitBreaker(after: generation &+ 1) }
    case .failed:
      if permit.isTrial {
        failures += 1
        return open(settings, now)
      }
      if failures == 0 || now &- firstFailure > settings.within.wholeNanoseconds {
        (failures, firstFailure) = (0, now)
      }
      failures += 1
      if failures >= settings.failures { open(settings, now) }
    }
  }

  private mutating func open(_ settings: CircuitSettings, _ now: UInt64) {
    let longest = settings.longestRest.wholeNanoseconds
    let (rest, overflow) = settings.rest.wholeNanoseconds.multipliedReportingOverflow(by: 1 << UInt64(min(rests, 20)))
    openUntil = now &+ (overflow ? longest : min(rest, longest))
    rests += 1
    generation &+= 1
  }

  init() {}

  /// Closed, and deaf to permits of before.
  private init(after generation: UInt64) { self.generation = generation }
}
