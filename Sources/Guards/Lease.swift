/// The right to one session, counted under each of its keys until it is given back: by ``release()``, or when the lease is dropped.
public struct Lease: ~Copyable, Sendable {
  private let guardian: ConnectionGuard
  var keys: [LimitKey]
  private var held = true
  /// Sessions of the first key when this one was admitted, itself included.
  public let sessions: Int

  init(_ guardian: ConnectionGuard, _ keys: [LimitKey], sessions: Int) {
    self.guardian = guardian
    self.keys = keys
    self.sessions = sessions
  }

  deinit {
    if held { guardian.release(keys) }
  }

  /// Gives the session back now.
  ///
  /// - Returns: how many sessions the first key still has; below zero where it had none to give back.
  @discardableResult
  public consuming func release() -> Int {
    held = false
    return guardian.release(keys)
  }
}
