import WebSocket

/// Two legs and the rules between them. Belongs to one reactor's thread.
///
/// Close frames are mirrored from leg to leg and answered by the other end, so both ends hear the code and reason that were meant for
/// them; the gateway answers itself only when an end is gone or takes too long.
@safe final class RelaySession {
  let id: UInt64
  private var shared: SharedTerms
  unowned(unsafe) let loop: ReactorLoop
  let downstream: Leg
  /// Dead where there is none.
  private(set) var upstream: Leg
  /// Nil for sessions whose client has nothing to say to the gateway itself.
  let desk: LobbyDesk?
  /// Of the upstream that is there.
  var attendant: (any Attendant)?
  let onEnd: @Sendable (SessionOutcome) -> Void

  let started: Int64
  private(set) var firstUpstreamMessage: Int64?
  var isReported = false
  var ending: SessionEnding?
  var scheduledEnd: ScheduledEnd?
  /// The client was the last to say something.
  var isAwaitingAnswer = false
  /// When the clocks are looked at next.
  var wakeAt = Int64.max

  init(_ parcel: consuming RelayParcel, loop: ReactorLoop) {
    id = parcel.id
    shared = parcel.terms
    onEnd = parcel.onEnd
    started = loop.now
    unsafe self.loop = loop
    let inspectors = parcel.makeInspectors?() ?? Inspectors()
    let terms = parcel.terms.terms
    let down = parcel.downstream.compression
    desk = parcel.lobby.map { LobbyDesk($0, down, terms: terms) }
    if let transport = parcel.upstream.take() {
      let up = transport.compression
      downstream = Leg(.downstream, parcel.downstream, to: up, terms: terms, inspector: inspectors.downstream, now: loop.now)
      upstream = Leg(.upstream, transport, to: down, terms: terms, inspector: inspectors.upstream, now: loop.now)
    } else {
      // Its messages are assembled, not passed.
      parcel.downstream.compression = nil
      downstream = Leg(.downstream, parcel.downstream, to: nil, terms: terms, inspector: nil, now: loop.now)
      upstream = Leg(absent: .upstream, terms: terms, now: loop.now)
    }
    attendant = inspectors.attendant
    downstream.join(self, beside: upstream)
    upstream.join(self, beside: downstream)
    attendant?.opened(started: started, now: started)
  }

  var terms: RelayTerms { shared.terms }

  func adopt(_ terms: SharedTerms) { shared = terms }

  func replaceUpstream(by leg: Leg) {
    upstream = leg
    leg.join(self, beside: downstream)
    downstream.join(self, beside: leg)
  }

  // MARK: Data

  /// Bytes from `leg`, with free room before `base`.
  ///
  /// - Parameter received: how many have come since the last call; what waited here was counted when it came.
  func relay(from leg: Leg, base: UnsafeMutableRawPointer, count: Int, received: Int) {
    guard !leg.closeReceived else { return }
    leg.lastReceived = unsafe loop.now
    leg.bytesReceived &+= UInt64(received)
    if let desk, leg.party == .downstream, !desk.hasLeft {
      unsafe converse(UnsafeRawBufferPointer(start: base, count: count), received: received, from: leg, at: desk)
    } else {
      let messages = leg.messages
      if let recoded = leg.recoded {
        unsafe recode(UnsafeMutableRawBufferPointer(start: base, count: count), from: leg, by: recoded)
      } else {
        unsafe pass(base, count, from: leg)
      }
      unsafe loop.count(leg.party, bytes: received, messages: leg.messages &- messages)
    }
    if leg.pings > 0 { sendPongs(to: leg) }
  }

  /// Keeps input for later: until the other leg takes more, or others have had their turn.
  func hold(_ rest: [UInt8]?, of leg: Leg) {
    leg.held = rest
    if rest != nil, !leg.peer.isFull { unsafe loop.queue(leg) }
  }

  private func pass(_ base: UnsafeMutableRawPointer, _ count: Int, from leg: Leg) {
    let peer = leg.peer
    unsafe leg.passage.placeCarried(before: base)
    leg.passage.begin()
    let bytes = unsafe UnsafeRawBufferPointer(start: base, count: count)
    while !leg.closeReceived, !leg.isDead {
      let step: TransparentPassage.Step?
      do throws(ProtocolViolation) {
        step = try unsafe leg.passage.next(bytes, stopAtBoundary: peer.isAwaitingBoundary, scratch: loop.scratch, now: loop.now)
      } catch {
        return fail(leg, error)
      }
      switch step {
      case nil:
        return
      case .forward(let range):
        unsafe forward(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count), from: leg)
      case .control(let opcode):
        receive(opcode, leg.passage.takeControlPayload(), from: leg)
      case .inspected(let result, let range):
        if !range.isEmpty { unsafe forward(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count), from: leg) }
        obey(result, of: leg)
      }
    }
  }

  private func recode(_ bytes: UnsafeMutableRawBufferPointer, from leg: Leg, by passage: RecodedPassage) {
    let buffers = unsafe loop.recoding
    passage.begin()
    while !leg.closeReceived, !leg.isDead {
      let step: RecodedPassage.Step?
      do throws(ProtocolViolation) {
        step = try unsafe passage.next(bytes, buffers, now: loop.now)
      } catch {
        return fail(leg, error)
      }
      switch step {
      case nil:
        return
      case .frames:
        unsafe buffers.output.withUnsafeBytes { unsafe forward($0, from: leg) }
        buffers.output.removeAll(keepingCapacity: true)
        if leg.peer.isFull, !leg.peer.isDead { return hold(unsafe passage.rest(of: bytes), of: leg) }
      case .turn:
        return hold(unsafe passage.rest(of: bytes), of: leg)
      case .control(let opcode):
        receive(opcode, passage.takeControlPayload(), from: leg)
      case .inspected(let result):
        obey(result, of: leg)
      }
    }
  }

  private func forward(_ bytes: UnsafeRawBufferPointer, from leg: Leg) {
    let peer = leg.peer
    leg.lastData = unsafe loop.now
    isAwaitingAnswer = leg.party == .downstream
    if firstUpstreamMessage == nil, leg.party == .upstream { firstUpstreamMessage = unsafe loop.now - started }
    if !peer.closeSent, !peer.isDead { unsafe peer.send(bytes) }
    sendInjections(to: peer)
  }

  /// Does what an inspector says of a message of `leg`.
  func obey(_ result: Inspection, of leg: Leg) {
    switch result {
    case .pass, .hush: break
    // Whoever does not read need not be told: it could make the gateway keep as much as it likes.
    case .tell(let text), .drop(let text): if !downstream.isFull { tell(text, to: downstream) }
    case .reply(let text): if !leg.isFull { tell(text, to: leg) }
    case .wake, .replace: if ending == nil, let deadline = attendant?.deadline { unsafe loop.wake(self, at: deadline) }
    case .rest: turnEnded()
    case .parted: parted()
    case .news(let news): hear(news)
    case .several(let results): for result in results { obey(result, of: leg) }
    case .leave(let end, let detachment):
      guard ending == nil else { return }
      if desk?.lobby.keepsClient(after: detachment, now: unsafe loop.now) ?? false { _ = sayFarewell() }
      if !letGo(detachment, saying: ClosePayload(code: .normal, reason: Self.sessionEnded)) { self.end(end) }
    case .finish(let end, let text):
      guard ending == nil else { return }
      if let text { tell(text, to: downstream) }
      self.end(end)
    case .end(let end, let text):
      if let text { tell(text, to: downstream) }
      stop(leg, end)
    }
  }

  private func receive(_ opcode: Opcode, _ payload: [UInt8], from leg: Leg) {
    switch opcode {
    case .close:
      do throws(ProtocolViolation) { receiveClose(try ClosePayload.parse(payload), from: leg) } catch { fail(leg, error) }
    case .ping:
      if terms.pings == .relay { inject(.ping, payload, to: leg.peer) } else { answer(payload, to: leg) }
    case .pong:
      let isOurs = payload == Self.pingPayload
      if terms.pings == .relay, !isOurs { inject(.pong, payload, to: leg.peer) }
    default:
      break
    }
  }

  /// Answers a ping, once everything that came with it has been looked at. Beyond a few, or while the leg takes nothing, only the most recent
  /// one is answered (RFC 6455 section 5.5.3 allows that). So a flood of them costs few packets, and a peer that pings without reading costs no
  /// memory and need not be stopped.
  func answer(_ ping: [UInt8], to leg: Leg) {
    leg.pings += 1
    if leg.pings <= Self.pongsAtOnce, !leg.isFull, leg.injections.count < Self.injectionLimit {
      leg.latePong = nil
      prepare(.pong, ping, to: leg)
    } else {
      leg.latePong = ping
    }
  }

  /// Pings of one read that are all answered.
  private static let pongsAtOnce = 16

  private func sendPongs(to leg: Leg) {
    leg.pings = 0
    sendInjections(to: leg)
    sendLatePong(to: leg)
  }

  private func sendLatePong(to leg: Leg) {
    guard let payload = leg.latePong, !leg.isFull, leg.injections.count < Self.injectionLimit else { return }
    leg.latePong = nil
    inject(.pong, payload, to: leg)
  }

  /// Frames that wait for a boundary beyond this many bytes are dropped, but for the Close frame.
  private static let injectionLimit = 16 << 10

  /// Sends a frame of the gateway's own, at once or at the next frame boundary of that leg.
  func inject(_ opcode: Opcode, _ payload: [UInt8], to leg: Leg) {
    prepare(opcode, payload, to: leg)
    sendInjections(to: leg)
  }

  private func prepare(_ opcode: Opcode, _ payload: [UInt8], to leg: Leg) {
    guard !leg.isDead, !leg.closeSent, !leg.closeQueued else { return }
    guard leg.injections.count < Self.injectionLimit || opcode == .close else { return }
    let mask = leg.party == .upstream ? unsafe loop.nextMaskKey() : nil
    let frame = FrameHeader.frame(opcode: opcode, payload: payload, maskKey: mask)
    if opcode == .close { leg.closeQueued = true }
    leg.injections += frame
  }

  /// Sends an end a text of the gateway's own, at once or at the next message boundary.
  func tell(_ text: [UInt8], to leg: Leg) {
    guard !leg.isDead, !leg.closeSent, !leg.closeQueued, leg.tellings.count < Self.injectionLimit else { return }
    let mask = leg.party == .upstream ? unsafe loop.nextMaskKey() : nil
    leg.tellings += FrameHeader.frame(opcode: .text, payload: text, maskKey: mask)
    sendInjections(to: leg)
  }

  func sendInjections(to leg: Leg) {
    guard leg.isAwaitingBoundary, !leg.peer.isInsideFrame || leg.peer.isDead else { return }
    var frames = leg.injections
    leg.injections = []
    if !leg.peer.isInsideMessage {
      // A Close is the last that a leg is sent.
      frames = leg.tellings + frames
      leg.tellings = []
    }
    guard !frames.isEmpty else { return }
    unsafe frames.withUnsafeBytes { unsafe leg.send($0) }
    if leg.closeQueued {
      leg.closeSent = true
      leg.tellings = []
    }
    sendLatePong(to: leg)
    settle(leg)
  }

  /// The socket of `leg` has taken what waited, or some of it.
  func drained(_ leg: Leg) {
    sendLatePong(to: leg)
    settle(leg)
  }
}
