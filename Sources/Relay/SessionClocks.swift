import WebSocket

/// The clocks of a session: one wake-up in the wheel stands for all of them.
extension RelaySession {
  /// The payload of the gateway's own pings, by which their pongs are told from those that belong to the other end.
  static let pingPayload = Array("voxgate".utf8)

  /// Looks at every clock, does what is due, and returns when to look again; nil when nothing is awaited.
  func tick() -> Int64? {
    let now = unsafe loop.now
    var next = Int64.max
    if ending == nil { next = tickOpen(now) }
    if let ending { next = tickClosing(ending, now) }
    return next == .max || (downstream.isDead && upstream.isDead) ? nil : next
  }

  private func tickOpen(_ now: Int64) -> Int64 {
    // A leg that is not read, because the other one takes nothing, is not silent.
    for leg in [downstream, upstream] where !leg.isDead && !leg.interest.contains(.readable) {
      leg.lastReceived = now
      leg.lastData = now
    }
    var ends: [(at: Int64, end: SessionEnd)] = []
    if let scheduledEnd { ends.append((scheduledEnd.due(quietSince: quietSince), scheduledEnd.end)) }
    if let maximum = terms.sessionMaximum { ends.append((started + maximum, .sessionLimit)) }
    if let idle = terms.downstream.idle { ends.append((downstream.lastData + idle, .downstreamIdle)) }
    if let idle = terms.upstream.idle, desk?.isOpen ?? true {
      let at = upstream.lastData + idle
      // A client that may outlive its upstream asks for another when it has something to say.
      let end = SessionEnd.upstreamIdle
      if now < at || !letGo(.dismissed, saying: ClosePayload(code: end.code, reason: end.reason)) { ends.append((at, end)) }
    }
    for (at, end) in ends where now >= at {
      self.end(end)
      return .max
    }
    let look = scheduledEnd?.nextLook(quietSince: quietSince, now: now) ?? .max
    let earliest = min(look, ends.map(\.at).min() ?? .max)
    let blocked = min(stall(downstream, terms.downstream.idle, now), stall(upstream, terms.upstream.idle, now))
    let next = min(earliest, blocked, ping(downstream, now), ping(upstream, now))
    guard let desk, ending == nil else { return min(next, attend(now)) }
    return min(next, tick(desk, now), attend(now))
  }

  /// The attendant's clock; returns when to look again.
  private func attend(_ now: Int64) -> Int64 {
    guard let attendant, ending == nil else { return .max }
    if let deadline = attendant.deadline, now >= deadline { obey(attendant.expired(now: now), of: upstream) }
    return ending == nil ? attendant.deadline ?? .max : .max
  }

  /// Gives up a leg that has taken nothing of what waits for it as long as it might have been silent, if it had been read; returns when to
  /// look again.
  private func stall(_ leg: Leg, _ idle: Int64?, _ now: Int64) -> Int64 {
    guard ending == nil, leg.isBlocked, let idle else { return .max }
    guard now >= leg.lastTaken + idle else { return leg.lastTaken + idle }
    lost(leg, cause: "stalled")
    return .max
  }

  /// Pings a leg that has been silent; returns when to look again.
  private func ping(_ leg: Leg, _ now: Int64) -> Int64 {
    guard ending == nil, !leg.isDone, var keepAlive = leg.keepAlive else { return .max }
    let pause = min(keepAlive.interval, keepAlive.timeout ?? keepAlive.interval)
    switch keepAlive.poll(now: now, lastReceived: leg.lastReceived) {
    case .wait(let until): return until
    case .ping:
      // Where the other end stopped inside a frame no ping can go out, so none can be missed.
      if leg.peer.isInsideFrame, !leg.isBlocked { return now + pause }
      leg.keepAlive = keepAlive
      inject(.ping, Self.pingPayload, to: leg)
      return now + pause
    case .dead:
      lost(leg, cause: "ping_timeout")
      return .max
    }
  }

  private func tickClosing(_ ending: SessionEnding, _ now: Int64) -> Int64 {
    if let held = ending.held, now >= held.until { releaseClose() }
    if now >= ending.deadline { closeTimedOut(ending) }
    var next = min(ending.deadline, ending.held?.until ?? .max)
    for leg in [downstream, upstream] where !leg.isDead {
      if now >= leg.lingerDeadline { bury(leg) } else { next = min(next, leg.lingerDeadline) }
    }
    report()
    return next
  }
}
