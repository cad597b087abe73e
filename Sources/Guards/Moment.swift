/// Now, as a guard needs it: handed in by the caller, so that every decision can be tested.
public struct Moment: Sendable, Equatable {
  /// Nanoseconds of a clock that never goes back; its zero means nothing.
  public let monotonic: UInt64
  /// Seconds since 1970, for what has a date of its own, such as a token's expiry.
  public let unixSeconds: Int64

  public init(monotonic: UInt64, unixSeconds: Int64) {
    self.monotonic = monotonic
    self.unixSeconds = unixSeconds
  }
}
