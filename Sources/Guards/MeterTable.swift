import Synchronization
import Telemetry

/// The meters of all sessions: one per key, handed to each session of that key at its admission.
///
/// A meter is remembered while a session has it, and after that until it is full again; then it is removed in passing. Of those that no
/// session has there are at most as many as fit, and as sessions have: one of the oldest makes room.
public final class MeterTable: Sendable {
  /// What is metered, and for whom.
  public struct Key: Hashable, Sendable {
    public let measure: Measure
    public let whom: LimitKey
    /// Nanoseconds: a minute's and a day's limit of one measure are two meters.
    public let period: UInt64

    public init(_ measure: Measure, _ whom: LimitKey, per period: UInt64) {
      self.measure = measure
      self.whom = whom
      self.period = period
    }
  }

  private let shards: [Shard]

  /// - Parameters:
  ///   - entries: most meters remembered that no session has; about 250 bytes each.
  ///   - shards: a few times the number of threads.
  ///   - evictions: counts meters that made room though some of them was used.
  public init(entries: Int = 131_072, shards: Int = 16, evictions: Counter = Counter()) {
    let shards = max(1, shards)
    self.shards = (0..<shards).map { _ in Shard(Meters(capacity: max(1, entries / shards), evictions: evictions)) }
  }

  /// The meter of a key. Without a burst of its own, all of the limit may be used at once.
  ///
  /// A limit that a reload changed gets a new meter, of which as much is used as of the old one; sessions that are open keep theirs.
  public func meter(_ measure: Measure, _ whom: LimitKey, _ limit: Allowance, now: UInt64) -> Meter {
    let key = Key(measure, whom, per: limit.period)
    let shard = shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
    return shard.meters.withLock { $0.meter(key, limit, now: now) }
  }

  /// How many meters are remembered.
  public var count: Int { shards.reduce(0) { $0 + $1.meters.withLock { $0.count } } }

  private final class Shard: Sendable {
    let meters: Mutex<Meters>

    init(_ meters: sending Meters) {
      self.meters = Mutex(meters)
    }
  }

  private struct Meters {
    private struct Entry {
      var meter: Meter
      /// What the meter was made from.
      var limit: Allowance
    }

    let capacity: Int
    let evictions: Counter
    private var table = IdleTable<Key, Entry>()

    init(capacity: Int, evictions: Counter) {
      (self.capacity, self.evictions) = (capacity, evictions)
    }

    var count: Int { table.count }

    mutating func meter(_ key: Key, _ limit: Allowance, now: UInt64) -> Meter {
      guard let place = table.place(of: key) else {
        sweep(now: now)
        let meter = Meter(count: limit.count, per: limit.period, burst: limit.burst)
        table.add(key, Entry(meter: meter, limit: limit))
        return meter
      }
      table.touch(place)
      let old = table.value(at: place)
      if old.limit == limit { return old.meter }
      let used = old.meter.burst - old.meter.remaining(now: now)
      let meter = Meter(count: limit.count, per: limit.period, burst: limit.burst, used: used, now: now)
      table.update(at: place) { $0 = Entry(meter: meter, limit: limit) }
      return meter
    }

    /// Looks at two for each that is added, so that those which say nothing any more cannot pile up.
    private mutating func sweep(now: UInt64) {
      for _ in 0..<2 {
        guard let oldest = table.oldest else { return }
        // Under the lock nobody gets a reference but from here: what is unique now stays so.
        let isIdle = table.update(at: oldest) { isKnownUniquelyReferenced(&$0.meter) }
        // A session that let go of it on another thread has counted before that.
        atomicMemoryFence(ordering: .acquiring)
        let isFull = table.value(at: oldest).meter.isFull(now: now)
        if isIdle && (isFull || table.count >= capacity) {
          if !isFull { evictions.add() }
          table.remove(oldest)
        } else {
          // In a session, or some of it is used: looked at again after all others.
          table.touch(oldest)
        }
      }
    }
  }
}
