/// The clocks of a session's conduct: keepalives in silence, a vendor that is not ready in time, a client that sends no audio.
extension SessionConduct {
  /// When ``expired(now:)`` is due; nil for never.
  public var deadline: Int64? {
    guard isOpen else { return nil }
    let next = min(keepaliveDue, readyDue, audioIdleDue)
    return next == .max ? nil : next
  }

  /// The deadline has passed; what is due.
  public mutating func expired(now: Int64) -> [ConductEvent] {
    guard isOpen else { return [] }
    if now >= readyDue {
      isUnready = true
      return [.unready]
    }
    if now >= audioIdleDue { return [.audioIdle] }
    guard now >= keepaliveDue, let keepalive = plan.keepalive?.template ?? plan.vendor.keepalive.message else { return [] }
    lastKeepalive = now
    return memory.text(of: keepalive).map { [.say(Array($0.utf8), .keepalive)] } ?? []
  }

  private var keepaliveDue: Int64 {
    guard let every = keepaliveEvery, isReady, hasBegun else { return .max }
    let rules = plan.vendor.keepalive
    if rules.needsAudio, lastAudio == nil { return .max }
    return (rules.onlyWhenIdle ? max(lastSign, lastKeepalive) : lastKeepalive) + every
  }

  /// The vendor is not to blame while the client has not said what it waits for.
  private var readyDue: Int64 {
    guard let ready = plan.ready, !isReady, !isUnready, let begunAt else { return .max }
    return begunAt + ready
  }

  private var audioIdleDue: Int64 {
    guard let idle = plan.audioIdle, isReady else { return .max }
    return max(lastAudio ?? 0, readySince) + idle
  }
}
