/// A limit on a steady rate with room for bursts: the generic cell rate algorithm (ITU-T I.371), in whole nanoseconds.
///
/// All state is one number, the theoretical arrival time of the next token; a full bucket is a time that has passed. Over any span of
/// length t at most `burst + t * count / period` tokens pass.
public struct TokenBucket: Sendable, Equatable {
  /// Nanoseconds between tokens, rounded up so that rounding never lets more through than was promised.
  public let interval: UInt64
  /// Most tokens at once.
  public let burst: Int
  /// When the bucket will be full, in nanoseconds of the caller's clock.
  public internal(set) var full: UInt64

  /// - Parameters:
  ///   - count: tokens per `period`, at least 1.
  ///   - period: nanoseconds, at least 1.
  ///   - burst: most tokens at once, at least 1; `count` unless named.
  ///   - full: the state that another bucket of the same key left behind.
  public init(count: Int, per period: UInt64, burst: Int? = nil, full: UInt64 = 0) {
    let count = UInt64(max(1, count))
    interval = max(1, period / count + (period % count == 0 ? 0 : 1))
    self.burst = max(1, burst ?? Int(count))
    self.full = full
  }

  /// Nanoseconds from empty to full; saturates, so that an absurd limit is a large one and not a crash.
  private var capacity: UInt64 { Self.product(interval, burst) }

  /// Takes `cost` tokens, or none if there are not as many.
  public mutating func take(_ cost: Int = 1, now: UInt64) -> Budget {
    let after = Self.sum(max(full, now), Self.product(interval, max(0, cost)))
    let horizon = Self.sum(now, capacity)
    guard after <= horizon else { return budget(allowed: false, now: now, wait: after - horizon) }
    full = after
    return budget(allowed: true, now: now, wait: 0)
  }

  /// The answer to taking one, without taking it.
  public func peek(now: UInt64) -> Budget {
    var copy = self
    let answer = copy.take(now: now)
    return budget(allowed: answer.allowed, now: now, wait: answer.retryAfter)
  }

  private func budget(allowed: Bool, now: UInt64, wait: UInt64) -> Budget {
    let missing = full > now ? full - now : 0
    let left = capacity > missing ? (capacity - missing) / interval : 0
    return Budget(allowed: allowed, limit: burst, remaining: Int(min(left, UInt64(burst))), reset: missing, retryAfter: wait)
  }

  private static func product(_ one: UInt64, _ other: Int) -> UInt64 {
    let (value, overflow) = one.multipliedReportingOverflow(by: UInt64(other))
    return overflow ? .max / 2 : min(value, .max / 2)
  }

  private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let (value, overflow) = one.addingReportingOverflow(other)
    return overflow ? .max : value
  }
}
