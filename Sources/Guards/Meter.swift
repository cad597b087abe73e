import Synchronization

/// A limit on what happens inside sessions (messages, bytes, milliseconds of audio, a vendor's usage), shared by all sessions of one key on
/// any thread.
///
/// The generic cell rate algorithm (ITU-T I.371) as in ``TokenBucket``, on one atomic number: a message costs a multiplication and a
/// compare-and-swap, and no lock. Over any span of length t at most `burst + t * count / period` pass. A day's budget is a meter whose
/// burst is the whole count: it is there at once, and comes back evenly over the day.
public final class Meter: Sendable {
  /// How much may happen in ``period``.
  public let count: Int
  /// Nanoseconds.
  public let period: UInt64
  /// How much may happen at once.
  public let burst: Int

  /// Clock ticks are nanoseconds, or sixteenths where a nanosecond would be too coarse between two units.
  private let shift: UInt64
  /// Ticks between units, rounded up so that rounding never lets more through than was promised.
  private let interval: Int64
  /// Ticks from empty to full.
  private let capacity: Int64
  /// When the meter will be full again, in ticks: the theoretical arrival time of the next unit.
  private let arrival: Atomic<Int64>

  /// - Parameters:
  ///   - count: units per `period`, at least 1.
  ///   - period: nanoseconds, at least 1.
  ///   - burst: most units at once, at least 1; `count` unless named; less where that many would take years to come back.
  public convenience init(count: Int, per period: UInt64, burst: Int? = nil) {
    self.init(count: count, per: period, burst: burst, used: 0, now: 0)
  }

  /// A meter of which some is used already.
  ///
  /// - Parameter now: says when; nothing else is known of the clock.
  init(count: Int, per period: UInt64, burst: Int?, used: Int, now: UInt64) {
    self.count = max(1, count)
    self.period = min(max(1, period), UInt64(Int64.max / 64))
    let units = UInt64(self.count)
    shift = self.period / units < 1024 ? 4 : 0
    let ticks = self.period << shift
    interval = Int64(ticks / units + (ticks % units == 0 ? 0 : 1))
    self.burst = Int(min(Int64(max(1, burst ?? self.count)), max(1, Int64.max / 16 / interval)))
    capacity = interval * Int64(self.burst)
    let owed = used > 0 ? Self.ticks(now, shift) + interval * Int64(min(used, self.burst)) : 0
    arrival = Atomic(owed)
  }

  /// Takes `cost` units, or none if there are not as many. More than ``burst`` at once are never granted.
  ///
  /// - Parameter now: nanoseconds of a clock that never goes back, the same for all who use the meter.
  public func take(_ cost: Int, now: UInt64) -> Bool {
    guard cost <= burst else { return false }
    let cost = Int64(max(0, cost)) &* interval
    let now = Self.ticks(now, shift)
    var seen = arrival.load(ordering: .relaxed)
    while true {
      let after = max(seen, now) &+ cost
      guard after <= now &+ capacity else { return false }
      let (exchanged, original) = arrival.weakCompareExchange(expected: seen, desired: after, ordering: .relaxed)
      if exchanged { return true }
      seen = original
    }
  }

  /// Counts what has happened already and cannot be refused any more, such as the usage that a vendor reports.
  ///
  /// What goes beyond the limit has to come back before anything is granted again; at most a second full budget is remembered.
  ///
  /// - Returns: whether it was within the limit.
  @discardableResult
  public func charge(_ cost: Int, now: UInt64) -> Bool {
    let (product, overflow) = Int64(max(0, cost)).multipliedReportingOverflow(by: interval)
    let cost = overflow ? 2 * capacity : min(product, 2 * capacity)
    let now = Self.ticks(now, shift)
    var seen = arrival.load(ordering: .relaxed)
    while true {
      let after = max(seen, now) + cost
      let (exchanged, original) = arrival.weakCompareExchange(
        expected: seen, desired: min(after, max(seen, now + 2 * capacity)), ordering: .relaxed)
      if exchanged { return after <= now + capacity }
      seen = original
    }
  }

  /// Gives back at once what was taken and does not happen after all.
  public func giveBack(_ cost: Int) {
    arrival.wrappingSubtract(Int64(min(max(0, cost), burst)) &* interval, ordering: .relaxed)
  }

  /// How many units are left.
  public func remaining(now: UInt64) -> Int {
    let left = capacity - owed(now: now)
    return left > 0 ? Int(left / interval) : 0
  }

  /// Whether fewer than `mark` units are left: the time for a warning. Cheaper than ``remaining(now:)``.
  public func isBelow(_ mark: Int, now: UInt64) -> Bool {
    capacity - owed(now: now) < Int64(min(max(0, mark), burst)) * interval
  }

  /// Nanoseconds until `cost` units would be granted if nobody else took any; 0 for now, nil for never.
  public func wait(for cost: Int, now: UInt64) -> UInt64? {
    guard cost <= burst else { return nil }
    return nanoseconds(owed(now: now) + Int64(max(0, cost)) * interval - capacity)
  }

  /// What is left and when there is more, for an answer; `allowed` says whether `cost` units would be granted now.
  public func budget(for cost: Int = 1, now: UInt64) -> Budget {
    let owed = owed(now: now)
    let wait = wait(for: min(cost, burst), now: now) ?? 0
    return Budget(
      allowed: wait == 0 && cost <= burst, limit: burst, remaining: remaining(now: now), reset: nanoseconds(owed), retryAfter: wait)
  }

  /// Nothing is owed: a fresh meter would answer the same.
  func isFull(now: UInt64) -> Bool { owed(now: now) == 0 }

  /// Ticks until the meter is full.
  private func owed(now: UInt64) -> Int64 {
    max(0, arrival.load(ordering: .relaxed) - Self.ticks(now, shift))
  }

  private func nanoseconds(_ ticks: Int64) -> UInt64 {
    let ticks = UInt64(max(0, ticks))
    return shift == 0 ? ticks : (ticks + 15) >> 4
  }

  /// The last tick. Beyond it, after 13 years, the clock stands still: what is added to it cannot overflow.
  private static let end = UInt64(Int64.max / 4 * 3)

  private static func ticks(_ now: UInt64, _ shift: UInt64) -> Int64 {
    Int64(min(now, end &>> shift)) &<< Int64(shift)
  }
}
