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
  private var isStopping = false

  // Every read of this thread lands here. Before it there is room for a header that two reads share.
  private static let headroom = 16
  private let buffer: UnsafeMutableRawBufferPointer

  /// Milliseconds of the monotonic clock, taken once per batch of events.
  private(set) var now: Int64

  init?(inbox: Inbox, counters: ReactorCounters, readSize: Int) {
    guard let epoll = Epoll(capacity: 512) else { return nil }
    self.epoll = epoll
    self.inbox = inbox
    self.counters = counters
    unsafe buffer = .allocate(byteCount: Self.headroom + readSize, alignment: 16)
    now = clinux_milliseconds()
    wheel = TimerWheel(now: now)
  }

  deinit {
    unsafe buffer.deallocate()
  }

  func nextMaskKey() -> UInt32 { maskKeys.next() }

  // MARK: The loop

  func run() {
    epoll.add(inbox.wakeUp, .readable, token: 0)
    while !isStopping || !sessions.isEmpty {
      let count = epoll.wait(milliseconds: wheel.isEmpty ? -1 : wheel.untilNextTick(now: clinux_milliseconds()))
      now = clinux_milliseconds()
      var hasMail = false
      for index in 0..<count {
        let (token, events) = epoll.event(at: index)
        if token == 0 { hasMail = true } else { handle(token, events) }
      }
      advanceTimers()
      if hasMail { inbox.drain { receive($0) } }
      if !retired.isEmpty { retired.removeAll(keepingCapacity: true) }
    }
  }

  private func handle(_ token: UInt64, _ events: Epoll.Events) {
    // Retired sessions are kept until the batch is over, so the leg behind a token is alive.
    let leg = unsafe Unmanaged<Leg>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(token)).unsafelyUnwrapped).takeUnretainedValue()
    if leg.isDead { return }
    let session = leg.session
    if events.contains(.writable) {
      if leg.readWantsWrite { read(leg) }
      if leg.isDead { return }
      guard leg.flush() else { return session.lost(leg) }
      drained(leg)
    }
    if leg.isDead { return }
    if !events.isDisjoint(with: [.readable, .broken]) {
      if leg.interest.contains(.readable) {
        read(leg)
      } else if !events.isDisjoint(with: .broken) {
        park(leg)
      }
    }
    if !leg.isDead { updateInterest(of: leg) }
  }

  /// A broken socket that may not be read yet would be reported for ever: it is taken out until its peer has drained.
  private func park(_ leg: Leg) {
    if leg.hasEnded || leg.isBlocked { return leg.session.lost(leg) }
    epoll.remove(leg.descriptor)
    leg.isRegistered = false
  }

  private func drained(_ leg: Leg) {
    let session = leg.session
    session.settle(leg)
    let peer = leg.peer
    guard !peer.isDead else { return }
    updateInterest(of: peer)
    if peer.hasHeldBytes { read(peer) }
  }

  private func read(_ leg: Leg) {
    let session = leg.session
    let base = unsafe buffer.baseAddress.unsafelyUnwrapped + Self.headroom
    let room = unsafe UnsafeMutableRawBufferPointer(start: base, count: buffer.count - Self.headroom)
    repeat {
      guard mayRead(leg) else { break }
      switch unsafe leg.receive(into: room) {
      case .bytes(let count):
        let messages = leg.passage.messages
        unsafe session.relay(from: leg, base: base, count: count)
        counters.count(leg.party == .downstream ? .up : .down, bytes: UInt64(count), messages: leg.passage.messages &- messages)
      case .blocked:
        if !leg.isDead { updateInterest(of: leg) }
        return
      case .ended:
        return session.ended(leg)
      case .lost:
        return session.lost(leg)
      }
    } while !leg.isDead && leg.hasHeldBytes
    if !leg.isDead { updateInterest(of: leg) }
  }

  /// A leg is read while the other one takes what it is given, and while it takes the gateway's own answers itself.
  private func mayRead(_ leg: Leg) -> Bool {
    if leg.isDead || leg.hasEnded { return false }
    let peer = leg.peer
    return leg.closeReceived || ((peer.isDead || !peer.isFull) && !leg.isFull)
  }

  /// Tells epoll what this leg and its peer wait for now.
  func updateInterest(of leg: Leg) {
    register(leg)
    let peer = leg.peer
    if !peer.isDead { register(peer) }
  }

  private func register(_ leg: Leg) {
    var interest: Epoll.Events = []
    if mayRead(leg) { interest.insert(.readable) }
    if leg.isBlocked || leg.readWantsWrite { interest.insert(.writable) }
    if !leg.isRegistered {
      guard interest.contains(.readable) || leg.interest.isEmpty else { return }
      epoll.add(leg.descriptor, interest, token: leg.token)
      leg.isRegistered = true
    } else if interest != leg.interest {
      epoll.change(leg.descriptor, interest, token: leg.token)
    }
    leg.interest = interest
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
      sessions[id]?.end(end)
    case .closeAll(let end, let spread):
      let step = sessions.isEmpty ? 0 : spread / Int64(sessions.count)
      for (index, session) in sessions.values.enumerated() {
        let due = now + step * Int64(index)
        session.scheduledEnd = (end, due)
        wake(session, at: due)
      }
    case .stop:
      isStopping = true
    }
  }

  private func open(_ parcel: consuming RelayParcel) {
    let start = Arrival(downstream: parcel.downstream.received, upstream: parcel.upstream.received, owed: parcel.downstream.owed)
    let session = RelaySession(parcel, loop: self)
    sessions[session.id] = session
    let downstream = session.downstream, upstream = session.upstream
    guard downstream.attachTLS() else { return session.lost(downstream) }
    guard upstream.attachTLS() else { return session.lost(upstream) }
    updateInterest(of: downstream)
    guard unsafe start.owed.withUnsafeBytes({ unsafe downstream.send($0) }) else { return session.lost(downstream) }
    deliver(start.downstream, from: downstream)
    deliver(start.upstream, from: upstream)
    // epoll does not report bytes that a TLS session already holds.
    for leg in [downstream, upstream] where !leg.isDead && leg.isTLS { read(leg) }
    if let next = session.tick() { wake(session, at: next) }
  }

  private struct Arrival {
    let downstream: [UInt8], upstream: [UInt8], owed: [UInt8]
  }

  /// Relays what the control path had already read.
  private func deliver(_ bytes: [UInt8], from leg: Leg) {
    let base = unsafe buffer.baseAddress.unsafelyUnwrapped + Self.headroom
    let room = unsafe buffer.count - Self.headroom
    var offset = 0
    while offset < bytes.count, !leg.isDead {
      let count = min(room, bytes.count - offset)
      unsafe bytes.withUnsafeBytes { unsafe base.copyMemory(from: $0.baseAddress.unsafelyUnwrapped + offset, byteCount: count) }
      unsafe leg.session.relay(from: leg, base: base, count: count)
      offset += count
    }
    if !leg.isDead { updateInterest(of: leg) }
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
      guard let session = sessions[id], let next = session.tick() else { continue }
      wheel.arm(id, at: next)
    }
  }
}
