import Synchronization
import Telemetry

/// Counts uses per key against a limit, for many event loops at once, in bounded memory.
///
/// The guard holds what was used, not the limits: those come with each question, so a reload that changes them keeps the counts. Keys are
/// spread over shards, each with its own lock and its own share of the entries. An entry that says nothing any more (its window is over,
/// its bucket full) is removed in passing; when a shard is full all the same, the entry that was idle longest makes room.
public final class RateGuard: Sendable {
  private let shards: [Shard]

  /// - Parameters:
  ///   - entries: most keys remembered; about 150 bytes each.
  ///   - shards: a few times the number of threads.
  ///   - evictions: counts entries that made room though they still said something.
  public init(entries: Int = 131_072, shards: Int = 16, evictions: Counter = Counter()) {
    let shards = max(1, shards)
    self.shards = (0..<shards).map { _ in Shard(RateTable(capacity: max(1, entries / shards), evictions: evictions)) }
  }

  /// Takes one use of `key`, if the limit still grants it. A refused use costs nothing.
  public func take(_ key: LimitKey, _ limit: Allowance, now: UInt64) -> Budget {
    shard(key).table.withLock { $0.take(key, limit, now: now) }
  }

  /// The answer to taking one, without taking it.
  public func peek(_ key: LimitKey, _ limit: Allowance, now: UInt64) -> Budget {
    shard(key).table.withLock { $0.peek(key, limit, now: now) }
  }

  /// How many keys are remembered.
  public var count: Int { shards.reduce(0) { $0 + $1.table.withLock { $0.count } } }

  private func shard(_ key: LimitKey) -> Shard {
    shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
  }

  private final class Shard: Sendable {
    let table: Mutex<RateTable>

    init(_ table: sending RateTable) {
      self.table = Mutex(table)
    }
  }
}
