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
  // Sessions whose one leg is gone while input of the other waited for it.
  private var released: [RelaySession] = []
  private var isStopping = false
  // All sessions were told to end: one that was still being opened then ends like them.
  private var standingEnd: ScheduledEnd?

  // Every read of this thread lands here. Before it there is room for a header that two reads share.
  private static let headroom = 16
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
    epoll.add(inbox.wakeUp, .readable, token: 0)
    while !isStopping || !sessions.isEmpty {
      let due = wheel.nextTick
      let count = epoll.wait(milliseconds: wheel.isEmpty ? -1 : wheel.untilNextTick(now: clinux_milliseconds()))
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
      while let session = released.popLast() {
        resume(session.downstream)
        resume(session.upstream)
      }
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
      leg.flush()
      drained(leg)
    }
    if leg.isDead || events.isDisjoint(with: [.readable, .ended, .broken]) { return }
    if leg.interest.contains(.readable) {
      read(leg, toEnd: !events.isDisjoint(with: [.ended, .broken]))
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
    let peer = leg.peer
    resume(peer)
    updateInterest(of: peer)
    if !peer.isDead, peer.hasHeldBytes { read(peer) }
  }

  /// Goes on with input that waited for the other leg.
  private func resume(_ leg: Leg) {
    guard let held = leg.held, !leg.isDead, !leg.peer.isFull else { return }
    leg.held = nil
    deliver(held, from: leg, received: 0)
  }

  /// - Parameter toEnd: the peer's FIN has come, and will not be reported again.
  private func read(_ leg: Leg, toEnd: Bool = false) {
    let session = leg.session
    resume(leg)
    let base = unsafe buffer.baseAddress.unsafelyUnwrapped + Self.headroom
    let room = unsafe UnsafeMutableRawBufferPointer(start: base, count: buffer.count - Self.headroom)
    // A TLS session fills its own buffer with one read, 16 KB, so that this ends and others have their turn.
    repeat {
      guard leg.mayBeRead else { break }
      switch unsafe leg.receive(into: room) {
      case .bytes(let count):
        unsafe session.relay(from: leg, base: base, count: count, received: count)
        // There may be more, of which a plain leg would not be told: it has its turn again behind the others.
        if count == room.count, !leg.isTLS, !leg.isDead, leg.isRegistered { epoll.change(leg.descriptor, leg.interest, token: leg.token) }
      case .blocked:
        return updateInterest(of: leg)
      case .ended:
        session.ended(leg)
        return updateInterest(of: leg)
      case .lost:
        return session.lost(leg)
      }
    } while !leg.isDead && (leg.hasHeldBytes || toEnd)
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
    if leg.isBlocked || (leg.readWantsWrite && mayRead) { interest.insert(.writable) }
    if !mayRead, !leg.hasEnded, leg.interest.contains(.readable) { counters.paused() }
    if !leg.isRegistered {
      guard mayRead || !leg.isParked else { return }
      leg.isParked = false
      epoll.add(leg.descriptor, interest, token: leg.token)
      leg.isRegistered = true
    } else if interest != leg.interest {
      epoll.change(leg.descriptor, interest, token: leg.token)
    }
    leg.interest = interest
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

  /// One leg is gone, and input of the other need not wait for it: it goes on once what is under way is over, since a read's bytes may
  /// still be in the buffer.
  func release(_ session: RelaySession) {
    released.append(session)
  }

  /// Both legs are gone.
  func retire(_ session: RelaySession) {
    guard sessions.removeValue(forKey: session.id) != nil else { return }
    retired.append(session)
  }

  // MARK: Time

  func wake(_ session: RelaySession, at deadline: Int64) {
    wheel.arm(session.id, at: deadline)
  }

  private func advanceTimers() {
    for id in wheel.advance(to: now) {
      guard let session = sessions[id] else { continue }
      let next = session.tick()
      // What it said may wait for the socket now.
      updateInterest(of: session.downstream)
      if let next { wheel.arm(id, at: next) }
    }
  }
}
