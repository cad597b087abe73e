import WebSocket

/// How a session ends: the closing handshakes of its two legs, and what becomes of them where an end is gone or breaks a rule.
extension RelaySession {
  func receiveClose(_ close: ClosePayload, from leg: Leg) {
    if leg.party == .upstream, letGo(desk?.relief == nil ? .closed(close) : .relieved, saying: close) { return }
    leg.closeReceived = true
    begin(closedBy: leg.party, cause: "closed", code: close.code, reason: close.reason)
    if leg.party == .upstream { releaseClose() }
    sendClose(close.code, close.reason, to: leg.peer)
    // Nobody is there to answer.
    if leg.peer.isDone { concludeFor(leg.peer) }
    settle(leg)
  }

  /// `leg` broke the protocol: its peer is told that the session is over, and it hears why (RFC 6455 section 7.1.7) once the peer has
  /// answered, behind what the peer still had to say to the messages before the violation.
  func fail(_ leg: Leg, _ violation: ProtocolViolation) {
    let verdict = ClosePayload(code: violation.code, reason: violation.reason)
    if leg.party == .upstream, letGo(.lost, saying: verdict) { return }
    begin(closedBy: leg.party, cause: violation.name, code: violation.code, reason: violation.reason)
    leg.closeReceived = true
    ending?.verdicts[leg.party] = verdict
    let peer = leg.peer
    if peer.isDead || peer.closeReceived {
      sendClose(nil, "", to: leg)
      concludeFor(leg)
    } else {
      sendClose(leg.party == .upstream ? .badGateway : .internalError, Self.proxyError, to: peer)
    }
    settle(leg)
  }

  /// A message of `leg` may not go on: both ends are told, and nothing more of that leg is heard.
  func stop(_ leg: Leg, _ end: SessionEnd) {
    begin(closedBy: leg.party, cause: end.name, code: end.code, reason: end.reason)
    // Its answer would not be heard.
    if leg.party == .upstream { _ = sayFarewell() }
    leg.closeReceived = true
    if leg.isInsideFrame {
      giveUp(leg.peer)
      // That one is not heard any more either, so a frame of its own stays open as well.
      if leg.peer.isInsideFrame { giveUp(leg) }
    }
    sendClose(end.code, end.reason, to: downstream)
    sendClose(.normal, Self.sessionEnded, to: upstream)
    settle(leg.peer)
    settle(leg)
  }

  static let proxyError = "Proxy error"
  static let sessionEnded = "Session ended"

  /// The peer of `leg` sent FIN.
  func ended(_ leg: Leg) {
    leg.hasEnded = true
    if leg.closeReceived || (leg.closeSent && !leg.isInsideFrame) {
      // Once it has the Close frame, a peer may leave without an answer; one that only ended its direction still gets its own.
      leg.closeReceived = true
      concludeFor(leg)
      settle(leg)
    } else {
      lost(leg)
    }
  }

  /// Nothing more can be read from or written to `leg`.
  func lost(_ leg: Leg, cause: String = "lost") {
    guard !leg.isDead else { return }
    // The other one may have been told, and have no room for it.
    defer { unsafe loop.updateInterest(of: leg) }
    if leg.party == .upstream {
      if letGo(.lost, saying: nil) { return }
      // It had closed already, and the client was told.
      if let desk, !desk.isOpen, ending == nil { return bury(leg) }
    }
    let peer = leg.peer
    begin(closedBy: leg.party, cause: cause, code: nil, reason: "")
    let cutFrame = leg.isInsideFrame && !leg.closeReceived
    bury(leg)
    guard !peer.isDead else { return }
    if cutFrame {
      giveUp(peer)
    } else {
      concludeFor(leg)
      sendClose(.internalError, Self.proxyError, to: peer)
    }
    settle(peer)
  }

  /// The rest of a frame that `leg` has half will never come, and nothing can be said inside a frame.
  private func giveUp(_ leg: Leg) {
    guard !leg.closeSent else { return }
    leg.injections = []
    leg.tellings = []
    leg.closeSent = true
    leg.closeReceived = true
  }

  /// `leg` can say no more: where its peer waits for an answer to its own Close frame, that is echoed (RFC 6455 section 5.5.1).
  private func concludeFor(_ leg: Leg) {
    if let ending, leg.peer.closeReceived { sendClose(ending.close.code, ending.close.reason, to: leg.peer) }
  }

  /// Ends the session from the gateway's side.
  func end(_ end: SessionEnd) {
    begin(closedBy: .gateway, cause: end.name, code: end.code, reason: end.reason)
    sendClose(end.code, end.reason, to: downstream)
    sendClose(.normal, Self.sessionEnded, to: upstream)
  }

  private func begin(closedBy party: Party, cause: String, code: CloseCode?, reason: String) {
    guard ending == nil else { return }
    let close = ClosePayload(code: code, reason: reason)
    let ending = SessionEnding(closedBy: party, cause: cause, close, timeout: terms.closeTimeout, now: unsafe loop.now)
    self.ending = ending
    unsafe loop.wake(self, at: ending.deadline)
  }

  /// Sends a Close frame; a leg that broke the protocol hears of that instead. The upstream's waits for the answer to the farewell.
  private func sendClose(_ code: CloseCode?, _ reason: String, to leg: Leg) {
    let close = ending?.verdicts[leg.party] ?? ClosePayload(code: code, reason: reason)
    if leg.party == .upstream, let ending, !leg.isDead, !leg.closeReceived {
      guard ending.held == nil else { return }
      let patience = desk?.relief.map { unsafe max(0, $0 - loop.now) } ?? sayFarewell()
      guard patience == 0 else {
        let until = unsafe loop.now + patience
        ending.held = (close, until)
        // The closing handshake of this leg has all its time behind that.
        ending.deadline += patience
        return unsafe loop.wake(self, at: until)
      }
    }
    inject(.close, close.encoded, to: leg)
  }

  /// Lets the attendant take leave of the upstream, where that can hear it; milliseconds to wait for the answer.
  func sayFarewell(forGood: Bool = true) -> Int64 {
    guard let attendant, !upstream.isDead, !upstream.closeSent, !upstream.closeQueued, !downstream.isInsideMessage else { return 0 }
    self.attendant = nil
    guard let farewell = attendant.farewell(forGood: forGood, now: unsafe loop.now) else { return 0 }
    for text in farewell.texts { tell(text, to: upstream) }
    return farewell.patience
  }

  /// The upstream has said its last.
  func parted() {
    releaseClose()
    guard let desk, desk.relief != nil else { return }
    desk.relief = unsafe loop.now
    unsafe loop.wake(self, at: loop.now)
  }

  /// Sends the upstream the Close that was held back for its last words.
  func releaseClose() {
    guard let ending, let held = ending.held else { return }
    ending.held = nil
    inject(.close, held.close.encoded, to: upstream)
  }

  /// Ends a leg once both Close frames are out, and reports the session once that holds for both legs.
  func settle(_ leg: Leg) {
    if leg.isDone, !leg.isDead, !leg.isBlocked {
      if !leg.finSent {
        leg.finish()
        leg.lingerDeadline = unsafe loop.now + terms.linger
        unsafe loop.wake(self, at: leg.lingerDeadline)
      }
      if leg.hasEnded, !leg.isBlocked { bury(leg) }
    }
    report()
  }

  func bury(_ leg: Leg) {
    unsafe loop.forget(leg)
    leg.bury()
    // Whatever waited for this leg to drain need not wait any more; not here, since a read's bytes may still be in the buffer.
    if leg.peer.held != nil || leg.peer.hasHeldBytes { unsafe loop.queue(leg.peer) }
    unsafe loop.updateInterest(of: leg.peer)
    report()
  }

  func report() {
    if downstream.isDead, upstream.isDead { unsafe loop.retire(self) }
    guard !isReported, downstream.isDone, upstream.isDone else { return }
    isReported = true
    var outcome = SessionOutcome(id: id)
    if let ending {
      outcome.closedBy = ending.closedBy
      outcome.cause = ending.cause
      outcome.code = ending.close.code
      outcome.reason = ending.close.reason
    }
    outcome.downstream = desk?.traffic(of: downstream) ?? downstream.traffic
    outcome.upstream = desk?.total(upstream) ?? upstream.traffic
    outcome.firstUpstreamMessage = firstUpstreamMessage.map { $0 - ((desk?.firstAttached ?? started) - started) }
    outcome.duration = unsafe loop.now - started
    onEnd(outcome)
  }

  /// The close deadline has passed. A leg that still drains gets more time; the others are ended as they are.
  func closeTimedOut(_ ending: SessionEnding) {
    let pending = downstream.pendingCount + upstream.pendingCount
    if pending > 0, pending != ending.pendingAtDeadline, unsafe loop.now < ending.drainLimit {
      ending.pendingAtDeadline = pending
      ending.deadline = unsafe loop.now + terms.closeTimeout
      return
    }
    ending.deadline = .max
    for leg in [upstream, downstream] where !leg.isDead && !leg.finSent {
      if leg.closeReceived { sendClose(ending.close.code, ending.close.reason, to: leg) }
      let isOwed = leg.isBlocked || !leg.closeSent
      leg.closeSent = true
      leg.closeReceived = true
      if isOwed { bury(leg) } else { settle(leg) }
    }
  }
}
