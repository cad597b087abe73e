import Telemetry

/// Values that are good until a time of their own, found by key, in bounded memory: when the table is full, the one stored first makes
/// room.
struct ExpiringTable<Key: Hashable, Value> {
  /// Most that one call removes, so that none takes long.
  private static var sweep: Int { 256 }

  let capacity: Int
  /// Counts what made room before its time; nil where nobody minds.
  private let evictions: Counter?
  private var table = IdleTable<Key, (value: Value, until: UInt64)>()

  init(capacity: Int, evictions: Counter? = nil) {
    (self.capacity, self.evictions) = (max(1, capacity), evictions)
  }

  var count: Int { table.count }

  /// The value of a key; nil once its time has come.
  func value(_ key: Key, now: UInt64) -> Value? {
    guard let place = table.place(of: key) else { return nil }
    let entry = table.value(at: place)
    return now < entry.until ? entry.value : nil
  }

  /// Stores a value, in place of any other that the key had.
  ///
  /// - Parameter until: nanoseconds of the same clock as `now`.
  mutating func store(_ value: Value, for key: Key, until: UInt64, now: UInt64) {
    prune(now: now)
    remove(key)
    if table.count >= capacity, let oldest = table.oldest {
      if table.value(at: oldest).until > now { evictions?.add() }
      table.remove(oldest)
    }
    table.add(key, (value, until))
  }

  mutating func remove(_ key: Key) {
    if let place = table.place(of: key) { table.remove(place) }
  }

  /// Removes what has expired, as far as it was stored first. Where all have the same time to live, that is all of it, over a few calls.
  mutating func prune(now: UInt64) {
    for _ in 0..<Self.sweep {
      guard let oldest = table.oldest, table.value(at: oldest).until <= now else { return }
      table.remove(oldest)
    }
  }
}

extension UInt64 {
  /// A time that lies so much later, or the end of time.
  func advanced(by duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    let whole = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let sum = addingReportingOverflow(whole.overflow ? .max : whole.partialValue &+ UInt64(clamping: attoseconds / 1_000_000_000))
    return sum.overflow ? .max : sum.partialValue
  }
}
