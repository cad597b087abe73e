import CLinux
import Telemetry
import WebSocket

/// What runs on a reactor's thread: one epoll, one read buffer, one timer wheel, and the sessions that live here.
@safe final class ReactorLoop {
  private let epoll: Epoll
  private let inbox: Inbox
  private let counters: ReactorCounters
  private var sessions: [UInt64: RelaySession] = [:]
  private var wheel: TimerWheel
  private var maskKeys = MaskKeys()
  // Sessions that ended while a batch of events may still name their legs.
  private var retired: [RelaySession] = []
  // Legs with input in hand, of which nothing will be reported: they go on behind the others.
  private var turns: [Leg] = []
  private var isStopping = false
  // All sessions were told to end: one that was still being opened then ends like them.
  private var standingEnd: ScheduledEnd?

  // Every read of this thread lands here. Before it there is room for a header that two reads share.
  private static let headroom = 16
  /// Bytes that a TLS session gives out before others have their turn; each record counts as so many more, since small ones cost much.
  private static let turn = 64 << 10
  private static let recordCost = 512
  private let buffer: UnsafeMutableRawBufferPointer
  /// Room for the bytes of one read, unmasked.
  let scratch: UnsafeMutableRawBufferPointer
  let recoding = RecodingBuffers()

  /// Milliseconds of the monotonic clock, taken once per batch of events.
  private(set) var now: Int64

  init?(inbox: Inbox, counters: ReactorCounters, readSize: Int) {
    guard let epoll = Epoll(capacity: 512) else { return nil }
    self.epoll = epoll
    self.inbox = inbox
    self.counters = counters
    unsafe buffer = .allocate(byteCount: Self.headroom + readSize, alignment: 16)
    unsafe scratch = .allocate(byteCount: readSize, alignment: 16)
    now = clinux_milliseconds()
    wheel = TimerWheel(now: now)
  }

  deinit {
    unsafe buffer.deallocate()
    unsafe scratch.deallocate()
  }

  func nextMaskKey() -> UInt32 { maskKeys.next() }

  // MARK: The loop

  func run() {
    guard epoll.add(inbox.wakeUp, .readable, token: 0) else { return }
    while !isStopping || !sessions.isEmpty {
      let due = wheel.nextTick
      let patience = !turns.isEmpty ? 0 : wheel.isEmpty ? -1 : wheel.untilNextTick(now: clinux_milliseconds())
      let count = epoll.wait(milliseconds: patience)
      now = clinux_milliseconds()
      if let due, now >= due { counters.lag(milliseconds: now - due) }
      counters.wokeUp()
      var hasMail = false
      for index in 0..<count {
        let (token, events) = epoll.event(at: index)
        if token == 0 { hasMail = true } else { handle(token, events) }
      }
      advanceTimers()
      if hasMail { inbox.drain { receive($0) } }
      if !turns.isEmpty { takeTurns() }
      if !retired.isEmpty { retired.removeAll(keepingCapacity: true) }
    }
  }

  private func handle(_ token: UInt64, _ events: Epoll.Events) {
    // Retired sessions are kept until the batch is over, so the leg behind a token is alive.
    let leg = unsafe Unmanaged<Leg>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(token)).unsafelyUnwrapped).takeUnretainedValue()
    if leg.isDead { return }
    if events.contains(.writable) {
      if leg.readWantsWrite { read(leg) }
      if leg.isDead { return }
      leg.lastTaken = now
      leg.flush()
      drained(leg)
    }
    if leg.isDead || events.isDisjoint(with: [.readable, .ended, .broken]) { return }
    if leg.interest.contains(.readable) {
      read(leg, again: !events.isDisjoint(with: [.ended, .broken]))
    } else if !events.isDisjoint(with: .broken) {
      park(leg)
    }
  }

  /// A broken socket that may not be read yet would be reported for ever: it is taken out until its peer has drained.
  private func park(_ leg: Leg) {
    if leg.hasEnded || leg.isBlocked { return leg.session.lost(leg) }
    forget(leg)
    leg.isParked = true
  }

  private func drained(_ leg: Leg) {
    leg.session.drained(leg)
    goOn(leg.peer)
  }

  /// Goes on with what has come of a leg and has not been relayed.
  private func goOn(_ leg: Leg) {
    resume(leg)
    if !leg.isDead, leg.held == nil, leg.hasHeldBytes { read(leg) } else { updateInterest(of: leg) }
  }

  private func takeTurns() {
    let legs = turns
    turns = []
    for leg in legs {
      leg.isInTurn = false
      // One that is not dead has a session.
      if !leg.isDead { goOn(leg) }
    }
  }

  /// Lets a leg go on with what it has in hand once what is under way is over, and the others have had their turn.
  func queue(_ leg: Leg) {
    guard !leg.isInTurn else { return }
    leg.isInTurn = true
    turns.append(leg)
  }

  /// Goes on with input that waited for the other leg.
  private func resume(_ leg: Leg) {
    guard let held = leg.held, !leg.isDead, !leg.peer.isFull else { return }
    leg.held = nil
    deliver(held, from: leg, received: 0)
  }

  /// - Parameter again: the peer's FIN has come, which a plain leg would not be told again.
  private func read(_ leg: Leg, again: Bool = false) {
    let session = leg.session
    resume(leg)
    let base = unsafe buffer.baseAddress.unsafelyUnwrapped + Self.headroom
    let room = unsafe UnsafeMutableRawBufferPointer(start: base, count: buffer.count - Self.headroom)
    var taken = 0
    repeat {
      guard leg.mayBeRead else { break }
      guard taken < Self.turn else {
        queue(leg)
        break
      }
      switch unsafe leg.receive(into: room) {
      case .bytes(let count):
        taken += count + Self.recordCost
        unsafe session.relay(from: leg, base: base, count: count, received: count)
        // There may be more, of which a plain leg would not be told: it has its turn again behind the others.
        if count == room.count || again, !leg.isTLS, !leg.isDead, leg.isRegistered { change(leg) }
      case .blocked:
        return updateInterest(of: leg)
      case .ended:
        session.ended(leg)
        return updateInterest(of: leg)
      case .lost:
        return session.lost(leg)
      }
    } while !leg.isDead && leg.hasHeldBytes
    updateInterest(of: leg)
  }

  /// Tells epoll what this leg and its peer wait for now.
  func updateInterest(of leg: Leg) {
    register(leg)
    register(leg.peer)
  }

  private func register(_ leg: Leg) {
    guard !leg.isDead else { return }
    let mayRead = leg.mayBeRead
    // A TLS session reads ahead, but not all there is.
    var interest: Epoll.Events = leg.isTLS ? [] : .edge
    if mayRead { interest.formUnion(leg.isTLS ? .readable : [.readable, .ended]) }
    if leg.isBlocked || (leg.readWantsWrite && mayRead) {
      interest.insert(.writable)
      if !leg.interest.contains(.writable) { leg.lastTaken = now }
    }
    if !mayRead, !leg.hasEnded, leg.interest.contains(.readable), leg.peer.isFull { counters.paused() }
    let isChanged = interest != leg.interest
    leg.interest = interest
    if !leg.isRegistered {
      guard mayRead || !leg.isParked else { return }
      leg.isParked = false
      leg.isRegistered = epoll.add(leg.descriptor, interest, token: leg.token)
      if !leg.isRegistered { leg.session.lost(leg) }
    } else if isChanged {
      change(leg)
    }
  }

  /// Tells epoll of a leg again: what is there already is reported anew.
  private func change(_ leg: Leg) {
    if !epoll.change(leg.descriptor, leg.interest, token: leg.token) { leg.session.lost(leg) }
  }

  func count(_ party: Party, bytes: Int, messages: UInt64) {
    counters.count(party == .downstream ? .up : .down, bytes: UInt64(bytes), messages: messages)
  }

  func forget(_ leg: Leg) {
    if leg.isRegistered { epoll.remove(leg.descriptor) }
    leg.isRegistered = false
  }

  // MARK: Sessions

  private func receive(_ message: consuming ReactorMessage) {
    switch consume message {
    case .open(let parcel): open(parcel)
    case .close(let id, let end):
      guard let session = sessions[id] else { return }
      session.end(end)
      updateInterest(of: session.downstream)
    case .answer(let id, let answer):
      guard let session = sessions[id] else { return }
      session.receive(answer)
      updateInterest(of: session.downstream)
    case .attach(let parcel): attach(parcel)
    case .look(let id, let reply): reply(sessions[id]?.progress)
    case .closeAll(let end, let grace, let spread, let idle):
      standingEnd = ScheduledEnd(end, due: now + grace, earliest: now, idle: idle)
      for (index, session) in sessions.values.enumerated() {
        let offset = spread * Int64(index) / Int64(sessions.count)
        let scheduled = ScheduledEnd(end, due: now + grace + offset, earliest: now + offset, idle: idle)
        session.scheduledEnd = scheduled
        wake(session, at: scheduled.nextLook(quietSince: session.quietSince, now: now))
      }
    case .stop:
      isStopping = true
    }
  }

  private func open(_ parcel: consuming RelayParcel) {
    var first = parcel.takeFirstUpstream()
    var early = [parcel.downstream.received]
    var owed = [parcel.downstream.owed]
    if let upstream = parcel.upstream.take() {
      early.append(upstream.received)
      owed.append(upstream.owed)
      parcel.upstream = consume upstream
    }
    let session = RelaySession(parcel, loop: self)
    sessions[session.id] = session
    let legs = [session.downstream, session.upstream]
    // Both are attached before either can be told of the other's end.
    let unusable = legs.filter { !$0.attachTLS() }
    for leg in unusable { session.lost(leg) }
    updateInterest(of: session.downstream)
    for (leg, bytes) in zip(legs, owed) where !leg.isDead { unsafe bytes.withUnsafeBytes { unsafe leg.send($0) } }
    session.enterLobby()
    if let upstream = first.take() { attach(upstream) }
    for (leg, bytes) in zip(legs, early) { deliver(bytes, from: leg, received: bytes.count) }
    // epoll does not report bytes that a TLS session already holds.
    for leg in legs where !leg.isDead && leg.isTLS { read(leg) }
    session.scheduledEnd = standingEnd
    if let next = session.tick() { wake(session, at: next) }
  }

  /// Gives a session its upstream. Where that cannot be, dropping the parcel closes the connection.
  private func attach(_ parcel: consuming UpstreamParcel) {
    guard let session = sessions[parcel.session] else { return }
    let (early, owed) = (parcel.transport.received, parcel.transport.owed)
    guard let leg = session.attach(parcel) else { return }
    if leg.attachTLS() {
      updateInterest(of: leg)
      unsafe owed.withUnsafeBytes { unsafe leg.send($0) }
      session.attached()
      deliver(early, from: leg, received: early.count)
      if !leg.isDead, leg.isTLS { read(leg) }
    } else {
      session.lost(leg)
    }
    updateInterest(of: session.downstream)
    if let next = session.tick() { wake(session, at: next) }
  }

  /// Relays what was read before.
  ///
  /// - Parameter received: how many of the bytes have not been counted.
  private func deliver(_ bytes: [UInt8], from leg: Leg, received: Int) {
    let base = unsafe buffer.baseAddress.unsafelyUnwrapped + Self.headroom
    let room = unsafe buffer.count - Self.headroom
    var offset = 0
    repeat {
      if leg.held != nil {
        leg.held? += bytes[offset...]
        break
      }
      let count = min(room, bytes.count - offset)
      unsafe bytes.withUnsafeBytes { unsafe base.copyMemory(from: $0.baseAddress.unsafelyUnwrapped + offset, byteCount: count) }
      unsafe leg.session.relay(from: leg, base: base, count: count, received: offset == 0 ? received : 0)
      offset += count
    } while offset < bytes.count && !leg.isDead
    updateInterest(of: leg)
  }

  /// Both legs are gone.
  func retire(_ session: RelaySession) {
    guard sessions.removeValue(forKey: session.id) != nil else { return }
    retired.append(session)
  }

  // MARK: Time

  /// Has a session look at its clocks by then. One that does so sooner arms again.
  func wake(_ session: RelaySession, at deadline: Int64) {
    let moment = wheel.moment(for: deadline)
    guard moment < session.wakeAt else { return }
    session.wakeAt = moment
    wheel.arm(session.id, at: deadline)
  }

  private func advanceTimers() {
    for id in wheel.advance(to: now) {
      // What was armed before something sooner is not awaited any more.
      guard let session = sessions[id], now >= session.wakeAt else { continue }
      session.wakeAt = .max
      let next = session.tick()
      // What it said may wait for the socket now.
      updateInterest(of: session.downstream)
      if let next { wake(session, at: next) }
    }
  }
}
