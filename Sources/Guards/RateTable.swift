/// The entries of one shard of a ``RateGuard``: found by key, and chained from the one idle longest to the one used last.
struct RateTable {
  private struct Entry {
    var key: LimitKey
    /// A window's end or the time a bucket is full: after it the entry says nothing any more.
    var until: UInt64
    /// Uses in the window.
    var used: Int
    /// Neighbours in the chain, as indices; -1 at its ends.
    var older = -1
    var newer = -1
  }

  let capacity: Int
  private var index: [LimitKey: Int] = [:]
  private var entries: [Entry] = []
  private var free: [Int] = []
  private var oldest = -1
  private var newest = -1

  init(capacity: Int) {
    self.capacity = capacity
  }

  var count: Int { index.count }

  mutating func take(_ key: LimitKey, _ limit: Allowance, now: UInt64) -> Budget {
    // Two removed for at most one added: a table that fills with what has expired empties again.
    sweep(2, now: now)
    let found = index[key]
    var state: (until: UInt64, used: Int) = found.map { (entries[$0].until, entries[$0].used) } ?? (0, 0)
    let budget = Self.take(limit, &state, now: now)
    if let found {
      entries[found].until = state.until
      entries[found].used = state.used
      unlink(found)
      link(found)
    } else if budget.allowed {
      add(Entry(key: key, until: state.until, used: state.used))
    }
    return budget
  }

  func peek(_ key: LimitKey, _ limit: Allowance, now: UInt64) -> Budget {
    let state = index[key].map { (entries[$0].until, entries[$0].used) } ?? (0, 0)
    if let burst = limit.burst {
      return TokenBucket(count: limit.count, per: limit.period, burst: burst, full: state.0).peek(now: now)
    }
    return FixedWindow(count: limit.count, per: limit.period, end: state.0, used: state.1).peek(now: now)
  }

  private static func take(_ limit: Allowance, _ state: inout (until: UInt64, used: Int), now: UInt64) -> Budget {
    if let burst = limit.burst {
      var bucket = TokenBucket(count: limit.count, per: limit.period, burst: burst, full: state.until)
      let budget = bucket.take(now: now)
      state = (bucket.full, 0)
      return budget
    }
    var window = FixedWindow(count: limit.count, per: limit.period, end: state.until, used: state.used)
    let budget = window.take(now: now)
    state = (window.end, window.used)
    return budget
  }

  // MARK: The chain

  private mutating func sweep(_ most: Int, now: UInt64) {
    for _ in 0..<most {
      guard oldest >= 0, entries[oldest].until <= now else { return }
      remove(oldest)
    }
  }

  private mutating func add(_ entry: Entry) {
    if index.count >= capacity { remove(oldest) }
    let place: Int
    if let reused = free.popLast() {
      place = reused
      entries[place] = entry
    } else {
      place = entries.count
      entries.append(entry)
    }
    index[entry.key] = place
    link(place)
  }

  private mutating func remove(_ place: Int) {
    index[entries[place].key] = nil
    unlink(place)
    // The key may own a string; an entry that waits for reuse need not keep it.
    entries[place].key = LimitKey("", .everyone)
    free.append(place)
  }

  private mutating func link(_ place: Int) {
    entries[place].older = newest
    entries[place].newer = -1
    if newest >= 0 { entries[newest].newer = place } else { oldest = place }
    newest = place
  }

  private mutating func unlink(_ place: Int) {
    let (older, newer) = (entries[place].older, entries[place].newer)
    if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    if newer >= 0 { entries[newer].older = older } else { newest = older }
  }
}
