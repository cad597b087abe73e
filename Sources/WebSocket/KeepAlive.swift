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

  /// Silence after which a ping goes out.
  public let interval: Int64
  /// Silence after a ping that means the peer is gone; nil never gives up.
  public let timeout: Int64?
  private var lastReceived: Int64
  private var pingedAt: Int64?

  /// - Parameters:
  ///   - interval: milliseconds, at least 1.
  ///   - timeout: milliseconds, at least 1, or nil.
  public init(interval: Int64, timeout: Int64?, now: Int64) {
    self.interval = max(1, interval)
    self.timeout = timeout.map { max(1, $0) }
    lastReceived = now
  }

  /// Bytes came from the peer.
  public mutating func received(now: Int64) {
    lastReceived = now
    pingedAt = nil
  }

  /// What to do now.
  public mutating func poll(now: Int64) -> Action {
    if let pingedAt, let timeout {
      return now >= pingedAt + timeout ? .dead : .wait(until: pingedAt + timeout)
    }
    let due = (pingedAt ?? lastReceived) + interval
    guard now >= due else { return .wait(until: due) }
    pingedAt = now
    return .ping
  }
}
