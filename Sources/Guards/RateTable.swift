import Telemetry

/// The entries of one shard of a ``RateGuard``.
struct RateTable {
  private struct Use {
    /// A window's end or the time a bucket is full: after it the entry says nothing any more.
    var until: UInt64 = 0
    /// Uses in the window.
    var used = 0
  }

  let capacity: Int
  /// Counts what was forgotten before its time.
  let evictions: Counter
  private var table = IdleTable<LimitKey, Use>()

  init(capacity: Int, evictions: Counter) {
    (self.capacity, self.evictions) = (capacity, evictions)
  }

  var count: Int { table.count }

  mutating func take(_ key: LimitKey, _ limit: Allowance, now: UInt64) -> Budget {
    // Two removed for at most one added: a table that fills with what has expired empties again.
    for _ in 0..<2 {
      if let oldest = table.oldest, table.value(at: oldest).until <= now { table.remove(oldest) }
    }
    if let place = table.place(of: key) {
      table.touch(place)
      return table.update(at: place) { Self.take(limit, &$0, now: now) }
    }
    var use = Use()
    let budget = Self.take(limit, &use, now: now)
    guard budget.allowed else { return budget }
    if table.count >= capacity, let oldest = table.oldest {
      if table.value(at: oldest).until > now { evictions.add() }
      table.remove(oldest)
    }
    table.add(key, use)
    return budget
  }

  func peek(_ key: LimitKey, _ limit: Allowance, now: UInt64) -> Budget {
    let use = table.place(of: key).map { table.value(at: $0) } ?? Use()
    if let burst = limit.burst {
      return TokenBucket(count: limit.count, per: limit.period, burst: burst, full: use.until).peek(now: now)
    }
    return FixedWindow(count: limit.count, per: limit.period, end: use.until, used: use.used).peek(now: now)
  }

  private static func take(_ limit: Allowance, _ use: inout Use, now: UInt64) -> Budget {
    if let burst = limit.burst {
      var bucket = TokenBucket(count: limit.count, per: limit.period, burst: burst, full: use.until)
      let budget = bucket.take(now: now)
      use = Use(until: bucket.full)
      return budget
    }
    var window = FixedWindow(count: limit.count, per: limit.period, end: use.until, used: use.used)
    let budget = window.take(now: now)
    use = Use(until: window.end, used: window.used)
    return budget
  }
}
