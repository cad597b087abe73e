import Synchronization

/// Counts sessions that are open now, per key.
///
/// Memory is bounded by the sessions themselves: a key is remembered while it has one, and ``capacity`` limits how many there are in all.
public final class ConnectionGuard: Sendable {
  /// A key to count a session under, and how many it may have.
  public struct Claim: Sendable, Equatable {
    public let key: LimitKey
    /// Nil counts without a limit.
    public let most: Int?

    public init(_ key: LimitKey, most: Int? = nil) {
      self.key = key
      self.most = most
    }
  }

  /// Why there was no lease: the first claim that has all it may have.
  public struct Full: Error, Sendable, Equatable {
    /// Nil when it is the whole gateway that is full.
    public let key: LimitKey?
    public let current: Int
    public let most: Int
  }

  /// Most sessions of the whole gateway.
  public var capacity: Int { most.load(ordering: .relaxed) }
  private let most: Atomic<Int>
  private let all = Atomic<Int>(0)
  private let shards: [Shard]

  /// - Parameters:
  ///   - capacity: usually what file descriptors allow.
  ///   - shards: a few times the number of threads.
  public init(capacity: Int, shards: Int = 16) {
    most = Atomic(capacity)
    self.shards = (0..<max(1, shards)).map { _ in Shard() }
  }

  /// Sessions that are open stay, also where they are more than there may be.
  public func limit(to capacity: Int) { most.store(max(1, capacity), ordering: .relaxed) }

  /// Sessions open now.
  public var total: Int { all.load(ordering: .relaxed) }

  /// Keys that have a session now.
  var keys: Int { shards.reduce(0) { $0 + $1.counts.withLock { $0.count } } }

  /// Sessions that `key` has now.
  public func count(_ key: LimitKey) -> Int {
    shard(key).counts.withLock { $0[key] ?? 0 }
  }

  /// A lease that counts under all claims, or none at all. A claim that names the same key twice counts twice.
  public func acquire(_ claims: [Claim]) throws(Full) -> Lease {
    let before = all.wrappingAdd(1, ordering: .relaxed).oldValue
    guard before < capacity else {
      all.wrappingSubtract(1, ordering: .relaxed)
      throw Full(key: nil, current: before, most: capacity)
    }
    do {
      let first = try take(claims)
      return Lease(self, claims.map(\.key), sessions: first ?? before + 1)
    } catch {
      all.wrappingSubtract(1, ordering: .relaxed)
      throw error
    }
  }

  /// Counts a leased session under more keys, such as its subject once that is known. When one of them is full, the lease stays as it was.
  ///
  /// - Parameter keeping: only so many of the first keys remain, the others are given back; nil for all.
  public func extend(_ lease: inout Lease, by claims: [Claim], keeping: Int? = nil) throws(Full) {
    _ = try take(claims)
    let kept = min(keeping ?? .max, lease.keys.count)
    for key in lease.keys[kept...] { give(key) }
    lease.keys = lease.keys[..<kept] + claims.map(\.key)
  }

  /// All or nothing; the count of the first.
  private func take(_ claims: [Claim]) throws(Full) -> Int? {
    var first: Int?
    for (index, claim) in claims.enumerated() {
      do {
        let count = try take(claim)
        first = first ?? count
      } catch {
        for taken in claims[..<index] { give(taken.key) }
        throw error
      }
    }
    return first
  }

  private func take(_ claim: Claim) throws(Full) -> Int {
    let (count, granted) = shard(claim.key).counts.withLock { counts in
      let current = counts[claim.key] ?? 0
      if let most = claim.most, current >= most { return (current, false) }
      counts[claim.key] = current + 1
      return (current + 1, true)
    }
    guard granted else { throw Full(key: claim.key, current: count, most: claim.most ?? 0) }
    return count
  }

  /// Only for a lease, which calls it once.
  @discardableResult
  func release(_ keys: [LimitKey]) -> Int {
    let rest = all.wrappingSubtract(1, ordering: .relaxed).newValue
    var first: Int?
    for key in keys {
      let left = give(key)
      first = first ?? left
    }
    return first ?? rest
  }

  /// How many are left under the key; below zero where it had none to give back, which only a mistake in the counting can make.
  @discardableResult
  private func give(_ key: LimitKey) -> Int {
    shard(key).counts.withLock { counts in
      let left = (counts[key] ?? 0) - 1
      counts[key] = left > 0 ? left : nil
      return left
    }
  }

  private func shard(_ key: LimitKey) -> Shard {
    shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
  }

  private final class Shard: Sendable {
    let counts = Mutex<[LimitKey: Int]>([:])
  }
}
