import WebSocket

/// Two legs and the rules between them. Belongs to one reactor's thread.
///
/// Close frames are mirrored from leg to leg and answered by the other end, so both ends hear the code and reason that were meant for
/// them; the gateway answers itself only when an end is gone or takes too long.
@safe final class RelaySession {
  let id: UInt64
  let terms: RelayTerms
  unowned(unsafe) let loop: ReactorLoop
  let downstream: Leg
  let upstream: Leg
  private let onEnd: @Sendable (SessionOutcome) -> Void

  let started: Int64
  private var outcome: SessionOutcome
  private var isReported = false
  /// The Close frame that began the end, echoed to a leg whose peer can no longer answer.
  var closing: (code: CloseCode?, reason: String)?
  var closeDeadline: Int64 = .max
  private var pendingAtDeadline = 0
  private var drainLimit: Int64 = .max
  /// An end that is due later, so that a drain does not close everybody at once.
  var scheduledEnd: (end: SessionEnd, at: Int64)?

  init(_ parcel: consuming RelayParcel, loop: ReactorLoop) {
    id = parcel.id
    terms = parcel.terms
    onEnd = parcel.onEnd
    started = loop.now
    unsafe self.loop = loop
    outcome = SessionOutcome(id: parcel.id)
    downstream = Leg(.downstream, parcel.downstream, terms: parcel.terms, now: loop.now)
    upstream = Leg(.upstream, parcel.upstream, terms: parcel.terms, now: loop.now)
    downstream.join(self, beside: upstream)
    upstream.join(self, beside: downstream)
  }

  // MARK: Data

  /// A read's bytes from `leg`, with free room before `base`.
  func relay(from leg: Leg, base: UnsafeMutableRawPointer, count: Int) {
    guard !leg.closeReceived else { return }
    leg.lastReceived = unsafe loop.now
    leg.bytesReceived &+= UInt64(count)
    let peer = leg.peer
    unsafe leg.passage.placeCarried(before: base)
    leg.passage.begin()
    let bytes = unsafe UnsafeRawBufferPointer(start: base, count: count)
    let messages = leg.passage.messages
    defer { unsafe loop.count(leg.party, bytes: count, messages: leg.passage.messages &- messages) }
    while !leg.closeReceived, !leg.isDead {
      let step: TransparentPassage.Step?
      do throws(ProtocolViolation) {
        step = try unsafe leg.passage.next(bytes, stopAtBoundary: !peer.injections.isEmpty)
      } catch {
        fail(leg, error)
        return
      }
      switch step {
      case nil:
        return
      case .forward(let range):
        leg.lastData = unsafe loop.now
        if outcome.firstUpstreamMessage == nil, leg.party == .upstream { outcome.firstUpstreamMessage = unsafe loop.now - started }
        if !peer.closeSent, !peer.isDead {
          unsafe peer.send(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
        }
        sendInjections(to: peer)
      case .control(let opcode):
        receive(opcode, leg.passage.controlPayload(), from: leg)
      }
    }
  }

  private func receive(_ opcode: Opcode, _ payload: [UInt8], from leg: Leg) {
    switch opcode {
    case .close:
      receiveClose(payload, from: leg)
    case .ping:
      if terms.pings == .relay { inject(.ping, payload, to: leg.peer) } else { answer(payload, to: leg) }
    case .pong:
      let isOurs = payload == Self.pingPayload
      if terms.pings == .relay, !isOurs { inject(.pong, payload, to: leg.peer) }
    default:
      break
    }
  }

  /// Answers a ping. While the leg takes nothing only the most recent one is remembered (RFC 6455 section 5.5.3 allows that), so that
  /// a peer that pings without reading costs no memory and need not be stopped.
  private func answer(_ ping: [UInt8], to leg: Leg) {
    if leg.isFull || leg.injections.count >= Self.injectionLimit { leg.latePong = ping } else { inject(.pong, ping, to: leg) }
  }

  private func sendLatePong(to leg: Leg) {
    guard let payload = leg.latePong, !leg.isFull else { return }
    leg.latePong = nil
    inject(.pong, payload, to: leg)
  }

  /// Frames that wait for a boundary beyond this many bytes are dropped, but for the Close frame.
  private static let injectionLimit = 16 << 10

  /// Sends a frame of the gateway's own, at once or at the next frame boundary of that leg.
  func inject(_ opcode: Opcode, _ payload: [UInt8], to leg: Leg) {
    guard !leg.isDead, !leg.closeSent, !leg.closeQueued else { return }
    guard leg.injections.count < Self.injectionLimit || opcode == .close else { return }
    let mask = leg.party == .upstream ? unsafe loop.nextMaskKey() : nil
    let frame = FrameHeader.frame(opcode: opcode, payload: payload, maskKey: mask)
    if opcode == .close { leg.closeQueued = true }
    leg.injections += frame
    if !leg.peer.passage.isInsideFrame || leg.peer.isDead { sendInjections(to: leg) }
  }

  private func sendInjections(to leg: Leg) {
    guard !leg.injections.isEmpty, !leg.peer.passage.isInsideFrame || leg.peer.isDead else { return }
    let frames = leg.injections
    leg.injections = []
    unsafe frames.withUnsafeBytes { unsafe leg.send($0) }
    if leg.closeQueued { leg.closeSent = true }
    sendLatePong(to: leg)
    settle(leg)
  }

  /// The socket of `leg` has taken what waited, or some of it.
  func drained(_ leg: Leg) {
    sendLatePong(to: leg)
    settle(leg)
  }

  // MARK: Ending

  private func receiveClose(_ payload: [UInt8], from leg: Leg) {
    let close: ClosePayload
    do throws(ProtocolViolation) {
      close = try ClosePayload.parse(payload)
    } catch {
      fail(leg, error)
      return
    }
    leg.closeReceived = true
    begin(closedBy: leg.party, cause: "closed", code: close.code, reason: close.reason)
    sendClose(close.code, close.reason, to: leg.peer)
    settle(leg)
  }

  /// `leg` broke the protocol: its peer is told that the session is over, and it hears why (RFC 6455 section 7.1.7) once the peer has
  /// answered, behind what the peer still had to say to the messages before the violation.
  private func fail(_ leg: Leg, _ violation: ProtocolViolation) {
    begin(closedBy: leg.party, cause: violation.name, code: violation.code, reason: violation.reason)
    leg.closeReceived = true
    leg.verdict = ClosePayload(code: violation.code, reason: violation.reason)
    let peer = leg.peer
    if peer.isDead || peer.closeReceived {
      sendClose(nil, "", to: leg)
      concludeFor(leg)
    } else {
      sendClose(leg.party == .upstream ? .badGateway : .internalError, Self.proxyError, to: peer)
    }
    settle(leg)
  }

  static let proxyError = "Proxy error"

  /// The peer of `leg` sent FIN.
  func ended(_ leg: Leg) {
    leg.hasEnded = true
    if leg.closeReceived || (leg.closeSent && !leg.passage.isInsideFrame) {
      // Once it has the Close frame, a peer may leave without an answer; one that only ended its direction still gets its own.
      leg.closeReceived = true
      concludeFor(leg)
      settle(leg)
      if leg.finSent { bury(leg) }
    } else {
      lost(leg)
    }
  }

  /// Nothing more can be read from or written to `leg`.
  func lost(_ leg: Leg) {
    guard !leg.isDead else { return }
    let peer = leg.peer
    begin(closedBy: leg.party, cause: "lost", code: nil, reason: "")
    let cutFrame = leg.passage.isInsideFrame && !leg.closeReceived
    bury(leg)
    guard !peer.isDead else { return }
    if cutFrame, !peer.closeSent {
      // The rest of a frame that the peer has half will never come, and nothing can be said inside a frame.
      peer.injections = []
      peer.closeSent = true
      peer.closeReceived = true
    } else {
      concludeFor(leg)
      sendClose(.internalError, Self.proxyError, to: peer)
    }
    settle(peer)
  }

  /// `leg` can say no more: where its peer waits for an answer to its own Close frame, that is echoed (RFC 6455 section 5.5.1).
  private func concludeFor(_ leg: Leg) {
    if let closing, leg.peer.closeReceived { sendClose(closing.code, closing.reason, to: leg.peer) }
  }

  /// Ends the session from the gateway's side.
  func end(_ end: SessionEnd) {
    begin(closedBy: .gateway, cause: end.name, code: end.code, reason: end.reason)
    sendClose(end.code, end.reason, to: downstream)
    sendClose(.normal, "Session ended", to: upstream)
  }

  private func begin(closedBy party: Party, cause: String, code: CloseCode?, reason: String) {
    guard closing == nil else { return }
    closing = (code, reason)
    outcome.closedBy = party
    outcome.cause = cause
    outcome.code = code
    outcome.reason = reason
    closeDeadline = unsafe loop.now + terms.closeTimeout
    drainLimit = unsafe loop.now + 10 * terms.closeTimeout
    unsafe loop.wake(self, at: closeDeadline)
  }

  /// Sends a Close frame; a leg that broke the protocol hears of that instead.
  private func sendClose(_ code: CloseCode?, _ reason: String, to leg: Leg) {
    inject(.close, (leg.verdict ?? ClosePayload(code: code, reason: reason)).encoded, to: leg)
  }

  /// Ends a leg once both Close frames are out, and reports the session once that holds for both legs.
  func settle(_ leg: Leg) {
    if leg.isDone, !leg.isDead, !leg.isBlocked, !leg.finSent {
      leg.finish()
      leg.lingerDeadline = unsafe loop.now + terms.linger
      unsafe loop.wake(self, at: leg.lingerDeadline)
      if leg.hasEnded { bury(leg) }
    }
    report()
  }

  func bury(_ leg: Leg) {
    unsafe loop.forget(leg)
    leg.bury()
    // Whatever waited for this leg to drain need not wait any more.
    unsafe loop.updateInterest(of: leg.peer)
    report()
  }

  func report() {
    if downstream.isDead, upstream.isDead { unsafe loop.retire(self) }
    guard !isReported, downstream.isDone, upstream.isDone else { return }
    isReported = true
    outcome.downstream = SessionOutcome.Traffic(messages: downstream.passage.messages, bytes: downstream.bytesReceived)
    outcome.upstream = SessionOutcome.Traffic(messages: upstream.passage.messages, bytes: upstream.bytesReceived)
    outcome.duration = unsafe loop.now - started
    onEnd(outcome)
  }

  /// The close deadline has passed. A leg that still drains gets more time; the others are ended as they are.
  func closeTimedOut() {
    let pending = downstream.pendingCount + upstream.pendingCount
    // Somebody who takes a byte now and then must not hold a session for ever.
    if pending > 0, pending != pendingAtDeadline, unsafe loop.now < drainLimit {
      pendingAtDeadline = pending
      closeDeadline = unsafe loop.now + terms.closeTimeout
      return
    }
    closeDeadline = .max
    for leg in [upstream, downstream] where !leg.isDead && !leg.finSent {
      if let closing, leg.closeReceived { sendClose(closing.code, closing.reason, to: leg) }
      let isOwed = leg.isBlocked || !leg.closeSent
      leg.closeSent = true
      leg.closeReceived = true
      if isOwed { bury(leg) } else { settle(leg) }
    }
  }
}
