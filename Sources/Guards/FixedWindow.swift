/// A limit on how often something happens in a window: `count` times, then not again until the window is over.
///
/// The window starts with the first use, and the next one starts with the first use after its end. This is what "10 per minute" means to
/// existing frontends: exactly ten pass and the eleventh does not, however the ten were spread. A ``TokenBucket`` of the same numbers would
/// already have refilled by then. The price is that twice the count can pass around the end of a window.
public struct FixedWindow: Sendable, Equatable {
  public let count: Int
  /// Nanoseconds.
  public let period: UInt64
  /// When the window is over, in nanoseconds of the caller's clock.
  public internal(set) var end: UInt64
  /// How many were granted in the window.
  public internal(set) var used: Int

  /// - Parameters:
  ///   - end: and `used`: the state that another window of the same key left behind.
  public init(count: Int, per period: UInt64, end: UInt64 = 0, used: Int = 0) {
    self.count = max(1, count)
    self.period = max(1, period)
    self.end = end
    self.used = used
  }

  /// Takes one.
  public mutating func take(now: UInt64) -> Budget {
    if now >= end {
      end = now.addingReportingOverflow(period).overflow ? .max : now + period
      used = 0
    }
    // A window that a longer period left behind must not outlive the period that holds now.
    end = min(end, now.addingReportingOverflow(period).overflow ? .max : now + period)
    guard used < count else { return budget(allowed: false, now: now) }
    used += 1
    return budget(allowed: true, now: now)
  }

  /// The answer to taking one, without taking it.
  public func peek(now: UInt64) -> Budget {
    guard now < end else { return Budget(allowed: true, limit: count, remaining: count, reset: 0, retryAfter: 0) }
    return budget(allowed: used < count, now: now)
  }

  private func budget(allowed: Bool, now: UInt64) -> Budget {
    let left = end - now
    return Budget(allowed: allowed, limit: count, remaining: max(0, count - used), reset: left, retryAfter: allowed ? 0 : left)
  }
}
