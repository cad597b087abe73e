import Vendors

/// Short-lived tokens by the key that they were made for. A value without I/O.
///
/// A token is used until a fifth of its life is left, half a minute at most: it has to be good when the upstream sees it. Of those who
/// need the same one, one fetches it and the others wait, unless tokens are good for one session only. Times are nanoseconds of a clock
/// that never goes back.
struct TokenCache<Key: Hashable & Sendable>: Sendable {
  enum Action: Equatable {
    case use(String)
    /// Fetch it, and hand in what came.
    case fetch
    /// Somebody does.
    case wait
  }

  private struct Held {
    let value: String
    let until: UInt64
  }

  private var held: [Key: Held] = [:]
  private var flights: Set<Key> = []
  /// Most tokens kept: keys change, and nobody says when one is gone.
  static var capacity: Int { 1_000 }

  mutating func ask(_ key: Key, isSingleUse: Bool, now: UInt64) -> Action {
    if isSingleUse { return .fetch }
    if let token = held[key] {
      if now < token.until { return .use(token.value) }
      held[key] = nil
    }
    return flights.insert(key).inserted ? .fetch : .wait
  }

  /// Takes what was fetched; nil where nothing came.
  mutating func receive(_ token: Endpoint.Token?, for key: Key, now: UInt64) {
    flights.remove(key)
    guard let token, !token.isSingleUse, let lifetime = token.lifetime else { return }
    let margin = min(lifetime / 5, .seconds(30))
    guard lifetime > margin else { return }
    if held.count >= Self.capacity { held = held.filter { now < $0.value.until } }
    if held.count < Self.capacity { held[key] = Held(value: token.value, until: now.advanced(by: lifetime - margin)) }
  }

  /// The upstream does not take it any more.
  ///
  /// - Returns: whether it was one that was kept, so that a fresh one may do better.
  mutating func drop(_ value: String, of key: Key) -> Bool {
    guard held[key]?.value == value else { return false }
    held[key] = nil
    return true
  }
}
