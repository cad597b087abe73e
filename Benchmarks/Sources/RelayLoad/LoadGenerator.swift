import Glibc

/// Opens the sessions of a plan, drives them on one thread, and measures.
final class LoadGenerator {
  /// More openings at once would overflow a listener's backlog.
  private static let maximumOpening = 128
  private static let openingDeadline: Int64 = 60_000_000_000
  private static let churningDeadline: Int64 = 120_000_000_000
  private static let echoingDeadline: Int64 = 20_000_000_000
  private static let closingDeadline: Int64 = 2_000_000_000

  private let plan: LoadPlan
  private let message: LoadMessage
  private let epoll: Epoll
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)
  /// By slot; nil once the session has ended.
  private var sessions: [LoadSession?] = []
  private var pacer: Pacer?
  private var count = LoadCount()
  private var started = 0
  private var opening = 0
  private var open = 0
  private var lost = 0
  private var failure: String?
  /// Sessions that open, end or have echoed go on by themselves (open, churn and closed mode).
  private var isDriving = false
  /// Sessions are for opening and closing alone.
  private var isOpening: Bool { plan.mode == .open || plan.mode == .churn }

  init(_ plan: LoadPlan) throws(Failure) {
    self.plan = plan
    message = LoadMessage(plan)
    epoll = try Epoll()
  }

  deinit { buffer.deallocate() }

  /// Runs the plan; `report` is called as soon as there is a result, in idle mode before the sessions are held.
  func run(report: (LoadReport) throws(Failure) -> Void) throws(Failure) {
    let start = Clock.now()
    isDriving = isOpening
    try openAll(until: start + Self.openingDeadline)
    switch plan.mode {
    case .closed, .paced, .open: try report(try measure())
    case .idle:
      try report(summary(since: start))
      try turn(until: Clock.now() + plan.duration) { open > 0 }
    case .hold:
      try turn(until: Clock.now() + plan.duration) { open > 0 }
      for slot in sessions.indices { try send(slot, Clock.now()) }
      try turn(until: Clock.now() + Self.echoingDeadline) { count.messages < open }
      try report(summary(since: start))
    case .churn:
      try turn(until: start + Self.churningDeadline) { open + opening > 0 }
      try report(summary(since: start))
    }
    try closeAll()
  }

  private func openAll(until deadline: Int64) throws(Failure) {
    let limit = isOpening ? plan.connections : Self.maximumOpening
    while sessions.count < plan.connections && Clock.now() < deadline {
      while opening < limit && sessions.count < plan.connections { try openSession(sessions.count) }
      if isOpening { return }
      try turn(until: deadline) { opening == limit || (sessions.count == plan.connections && opening > 0) }
    }
    if open < plan.connections {
      throw .unavailable("\(open) of \(plan.connections) sessions opened; \(failure ?? "the others took too long")")
    }
  }

  private func measure() throws(Failure) -> LoadReport {
    isDriving = plan.mode != .paced
    let start = Clock.now()
    switch plan.mode {
    case .paced: pacer = Pacer(start: start, interval: plan.interval, sessions: plan.connections)
    case .closed: for slot in sessions.indices { try send(slot, start) }
    case .open, .churn, .idle, .hold: break
    }
    try turn(until: start + plan.warmUp) { open + opening > 0 }

    let before = plan.watched.map(ProcessorTime.ofProcess)
    let begin = Clock.now()
    count = LoadCount()
    try turn(until: begin + plan.duration) { open + opening > 0 }
    let end = Clock.now()
    let watched = zip(plan.watched, before).map { pid, before in
      LoadReport.Watched(pid: pid, cpuNanoseconds: ProcessorTime.ofProcess(pid).flatMap { now in before.map { now - $0 } })
    }
    return LoadReport(plan, message, count, window: end - begin, watched: watched, lost: lost, failure: failure)
  }

  /// Of a whole run.
  private func summary(since start: Int64) -> LoadReport {
    LoadReport(plan, message, count, window: Clock.now() - start, watched: [], lost: lost, failure: failure)
  }

  private func closeAll() throws(Failure) {
    isDriving = false
    pacer = nil
    for slot in sessions.indices { try act(on: slot) { $0.close() } }
    try turn(until: Clock.now() + Self.closingDeadline) { open > 0 }
  }

  private func openSession(_ slot: Int) throws(Failure) {
    let transport = try Transport(descriptor: try plan.endpoint.connect(), tls: plan.tls)
    let session = LoadSession(transport, message, now: Clock.now())
    if slot == sessions.count { sessions.append(session) } else { sessions[slot] = session }
    started += 1
    opening += 1
    epoll.add(transport.descriptor, token: UInt64(slot), interest: session.interest)
  }

  /// Serves events, and sends what is due, until the deadline or until `condition` fails.
  private func turn(until deadline: Int64, while condition: () -> Bool) throws(Failure) {
    var now = Clock.now()
    while now < deadline && condition() {
      let limit = min(deadline, pacer?.nextDue ?? deadline)
      let count = epoll.wait(nanoseconds: max(0, limit - now))
      for index in 0..<count { try act(on: Int(epoll.token(at: index))) { $0.advance(buffer) } }
      now = Clock.now()
      while let slot = pacer?.next(by: now) { try send(slot, now) }
    }
  }

  @inline(__always)
  private func send(_ slot: Int, _ now: Int64) throws(Failure) {
    try act(on: slot) {
      $0.since = now
      $0.send()
    }
  }

  /// Lets the session in `slot` do something, and draws the consequences.
  @inline(__always)
  private func act(on slot: Int, _ action: (LoadSession) -> Void) throws(Failure) {
    guard let session = sessions[slot] else { return }
    let (phase, interest, received) = (session.phase, session.interest, session.received)
    action(session)
    if session.received != received { receivedEchoes(of: session, slot, from: received) }
    if session.phase != phase { try changed(session, slot, from: phase) }
    if session.interest != interest && session.phase != .ended {
      epoll.modify(session.transport.descriptor, token: UInt64(slot), interest: session.interest)
    }
  }

  @inline(__always)
  private func receivedEchoes(of session: LoadSession, _ slot: Int, from first: Int) {
    let now = Clock.now()
    for number in first..<session.received {
      count.messages += 1
      count.latency.record(now - (pacer?.due(session: slot, number: number) ?? session.since))
    }
    if isDriving && plan.mode == .closed {
      session.since = now
      session.send()
    }
  }

  private func changed(_ session: LoadSession, _ slot: Int, from phase: LoadSession.Phase) throws(Failure) {
    if phase == .opening {
      opening -= 1
      if session.phase == .open {
        open += 1
        count.opens += 1
        if isOpening {
          count.latency.record(Clock.now() - session.since)
          session.close()
        }
      }
    }
    guard session.phase == .ended else { return }
    sessions[slot] = nil  // Closes the socket.
    if phase != .opening { open -= 1 }
    if let reason = session.failure {
      lost += 1
      if failure == nil { failure = reason }
    } else if isDriving && (plan.mode == .open || started < plan.opens) {
      try openSession(slot)
    }
  }
}
