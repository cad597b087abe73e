/// When to ping a silent peer, and when to give it up. Times are milliseconds of any clock that does not go back.
///
/// Any byte that arrives counts as a sign of life, not only a pong: a peer in the middle of a long message cannot answer a ping
/// (RFC 6455 section 5.5.2 asks for the pong "as soon as is practical").
public struct KeepAlive: Sendable, Equatable {
  public enum Action: Sendable, Equatable {
    /// Nothing to do before this time.
    case wait(until: Int64)
    /// Send a ping, then ask again.
    case ping
    /// The peer has not answered in time.
    case dead
  }

  /// Silence after which a ping goes out, at least 1.
  public var interval: Int64 { Int64(shortInterval) }
  /// Silence after a ping that means the peer is gone, at least 1; nil never gives up.
  public var timeout: Int64? { shortTimeout == 0 ? nil : Int64(shortTimeout) }

  // One for each connection there is: kept small.
  private let shortInterval: Int32
  private let shortTimeout: Int32
  private var pingedAt = Int64.min

  /// - Parameters:
  ///   - interval: milliseconds, 1 to 2^31 - 1; others are moved to the nearest.
  ///   - timeout: milliseconds, likewise, or nil.
  public init(interval: Int64, timeout: Int64?) {
    shortInterval = Int32(clamping: max(1, interval))
    shortTimeout = timeout.map { Int32(clamping: max(1, $0)) } ?? 0
  }

  /// What to do now.
  ///
  /// - Parameter lastReceived: when the last byte came from the peer, or when the connection began.
  public mutating func poll(now: Int64, lastReceived: Int64) -> Action {
    // An answer may come within the millisecond of its ping; the peer was silent before that.
    let isAnswered = lastReceived >= pingedAt
    if !isAnswered, let timeout { return now >= pingedAt + timeout ? .dead : .wait(until: pingedAt + timeout) }
    let due = (isAnswered ? lastReceived : pingedAt) + interval
    guard now >= due else { return .wait(until: due) }
    pingedAt = now
    return .ping
  }
}
