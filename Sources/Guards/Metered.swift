/// One limit that holds inside a session: which it is, and the meter that it shares with every session of the same key.
public struct Metered: Sendable {
  public let measure: Measure
  /// Name of the limit: a tier.
  public let limit: String
  /// Who shares the meter.
  public let scope: LimitScope
  public let meter: Meter
  /// Units left below which the client is to be warned; 0 for never.
  public let mark: Int

  public init(_ measure: Measure, limit: String, per scope: LimitScope, _ meter: Meter, mark: Int = 0) {
    self.measure = measure
    self.limit = limit
    self.scope = scope
    self.meter = meter
    self.mark = mark
  }

  /// Whether it is time to warn the client.
  public func isLow(now: UInt64) -> Bool { meter.isBelow(mark, now: now) }
}

extension [Metered] {
  /// Those of one measure: a session sorts them once, and then asks only those that a message concerns.
  public func of(_ measure: Measure) -> [Metered] { filter { $0.measure == measure } }

  /// Takes `cost` units of every meter, or of none.
  ///
  /// - Returns: the limit that does not grant it; nil when all do.
  public func take(_ cost: Int, now: UInt64) -> Metered? {
    for index in indices where !self[index].meter.take(cost, now: now) {
      for taken in self[..<index] { taken.meter.giveBack(cost) }
      return self[index]
    }
    return nil
  }

  /// The first limit of which it is time to warn the client; nil while there is enough of all.
  public func low(now: UInt64) -> Metered? { first { $0.isLow(now: now) } }

  /// Counts what has happened already.
  ///
  /// - Returns: the first limit that it went beyond; nil when it was within all.
  @discardableResult
  public func charge(_ cost: Int, now: UInt64) -> Metered? {
    var beyond: Metered?
    for metered in self where !metered.meter.charge(cost, now: now) { beyond = beyond ?? metered }
    return beyond
  }

  /// The limit of which the smallest part is left, for an answer; nil without limits.
  public func tightest(now: UInt64) -> Metered? {
    self.min { one, other in
      // Parts compared without dividing; bursts and what is left of them are below 2^63.
      Int128(one.meter.remaining(now: now)) * Int128(other.meter.burst)
        < Int128(other.meter.remaining(now: now)) * Int128(one.meter.burst)
    }
  }
}
