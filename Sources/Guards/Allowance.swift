import Configuration

/// How often something may happen: a limit of the route table, ready to be asked.
public struct Allowance: Sendable, Equatable {
  public let count: Int
  /// Nanoseconds.
  public let period: UInt64
  /// Nil: exactly `count` in a window (``FixedWindow``). Named: a steady rate that lets this many through at once (``TokenBucket``).
  public let burst: Int?

  public init(count: Int, per period: UInt64, burst: Int? = nil) {
    self.count = max(1, count)
    self.period = max(1, period)
    self.burst = burst.map { max(1, $0) }
  }

  /// A limit as the route table writes it.
  public init(_ limit: RateLimit) {
    let (seconds, attoseconds) = limit.rate.window.components
    // Half the range of the clock (292 years) is as good as never.
    let whole = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let period = whole.overflow ? .max / 2 : min(whole.partialValue, .max / 4) + UInt64(clamping: attoseconds / 1_000_000_000)
    self.init(count: limit.rate.count, per: period, burst: limit.burst)
  }
}
