import Glibc
import Testing
import WebSocket
@testable import Relay

/// Close frames are mirrored; both ends hear the code and reason that were meant for them.
@Suite struct RelayCloseTests {
  private static let travelling = (UInt16(1_000)...4_999).filter { CloseCode(rawValue: $0).mayTravel }

  private func payload(_ code: UInt16, _ reason: String = "") -> ClosePayload {
    ClosePayload(code: CloseCode(rawValue: code), reason: reason)
  }

  @Test(arguments: [Party.downstream, .upstream])
  func everyCodeIsMirrored(closer: Party) throws {
    #expect(Self.travelling.count == 4 + 8 + 2_000)
    let bench = try Bench()
    for code in Self.travelling {
      let session = try bench.open(Bench.terms, .local)
      let (from, to) = closer == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
      let reason = "reason \(code) é"
      try from.sendClose(code, reason)
      #expect(try to.answerClose() == payload(code, reason), "code \(code)")
      #expect(try from.next() == .close(payload(code, reason)), "code \(code)")
      let outcome = try bench.outcome(of: session)
      #expect(outcome.closedBy == closer && outcome.cause == "closed", "code \(code)")
      #expect(outcome.code == CloseCode(rawValue: code) && outcome.reason == reason, "code \(code)")
      from.close()
      to.close()
    }
    try bench.finish()
  }

  @Test(arguments: [Party.downstream, .upstream])
  func emptyCloseStaysEmpty(closer: Party) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = closer == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    try from.sendClose()
    #expect(try to.answerClose() == ClosePayload())
    #expect(try from.rest() == [.close(ClosePayload())])
    let outcome = try bench.outcome(of: session)
    #expect(outcome.code == nil && outcome.reason.isEmpty && outcome.cause == "closed")
    from.close()
    to.close()
    try bench.finish()
  }

  @Test func longestReasonPasses() throws {
    let bench = try Bench()
    let session = try bench.open()
    let reason = String(repeating: "x", count: 119) + "\u{1F600}"
    try session.upstream.sendClose(4_000, reason)
    #expect(try session.client.answerClose() == payload(4_000, reason))
    #expect(try session.upstream.next() == .close(payload(4_000, reason)))
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Both close before either has heard of the other: each gets the other's code.
  @Test func simultaneousCloses() throws {
    let bench = try Bench()
    for _ in 0..<50 {
      let session = try bench.open(Bench.terms, .local)
      try session.client.sendClose(4_000, "client")
      try session.upstream.sendClose(4_001, "upstream")
      #expect(try session.client.rest() == [.close(payload(4_001, "upstream"))])
      #expect(try session.upstream.rest() == [.close(payload(4_000, "client"))])
      let outcome = try bench.outcome(of: session)
      #expect(outcome.code?.rawValue == (outcome.closedBy == .downstream ? 4_000 : 4_001))
      session.client.close()
      session.upstream.close()
    }
    try bench.finish()
  }

  /// RFC 6455 section 5.5.1: the other end may finish what it has to say; what comes behind a Close frame is discarded.
  @Test func otherEndMayFinishAfterAClose() throws {
    let bench = try Bench()
    let session = try bench.open()
    try session.client.send(raw: session.client.frame(.close, [3, 232]) + session.client.frame(.text, [0x61]) + [0xFF, 0xFF, 0xFF])
    #expect(try session.upstream.next() == .close(payload(1_000)))
    for number in 0..<100 { try session.upstream.send("late \(number)") }
    try session.upstream.sendClose(1_000)
    for number in 0..<100 { #expect(try session.client.next() == .message(.text("late \(number)"))) }
    #expect(try session.client.rest() == [.close(payload(1_000))])
    #expect(try session.upstream.rest().isEmpty)
    #expect(try bench.outcome(of: session).upstream.messages == 100)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// A Close frame may not be put into a frame of the other end that is on its way.
  @Test func closeWaitsForTheFrameBoundary() throws {
    let bench = try Bench()
    let session = try bench.open()
    let frame = session.upstream.frame(.text, Array("whole".utf8))
    try session.upstream.send(raw: Array(frame[..<4]))
    #expect(try session.client.receive(4) == Array(frame[..<4]))
    bench.reactor.close(session: session.id, SessionEnd(name: "test_end", code: .serviceRestart, reason: "Restart"))
    #expect(try session.upstream.next() == .close(payload(1_000, "Session ended")))
    try session.upstream.send(raw: Array(frame[4...]) + session.upstream.frame(.text, Array("too late".utf8)))
    #expect(try session.client.receive(3) == Array(frame[4...]))
    #expect(try session.client.answerClose() == payload(1_012, "Restart"))
    try session.upstream.sendClose(1_000)
    #expect(try session.client.rest().isEmpty && session.upstream.rest().isEmpty)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .gateway && outcome.cause == "test_end" && outcome.code == .serviceRestart && outcome.reason == "Restart")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// A client that has sent its Close frame and then FIN still reads: it gets what the other end says, and its answer.
  @Test(arguments: [Party.downstream, .upstream])
  func halfClosedAfterCloseStillGetsTheAnswer(closer: Party) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = closer == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    try from.sendClose(4_321, "bye")
    from.finish()
    #expect(try to.next() == .close(payload(4_321, "bye")))
    try to.send("last words")
    try to.sendClose(4_321, "bye")
    #expect(try from.rest() == [.message(.text("last words")), .close(payload(4_321, "bye"))])
    #expect(try to.rest().isEmpty)
    #expect(try bench.outcome(of: session).cause == "closed")
    from.close()
    to.close()
    try bench.finish()
  }

  enum Leave: CaseIterable { case finish, close, reset }

  /// The other end hangs up instead of answering: the one that waits gets its own code back, at once.
  @Test(arguments: [Party.downstream, .upstream], Leave.allCases)
  func hangUpInsteadOfAnAnswer(closer: Party, leave: Leave) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = closer == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    try from.sendClose(4_100, "mine")
    #expect(try to.next() == .close(payload(4_100, "mine")))
    switch leave {
    case .finish: to.finish()
    case .close: to.close()
    case .reset: to.reset()
    }
    #expect(try from.rest() == [.close(payload(4_100, "mine"))])
    #expect(from.end == .finished)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == closer && outcome.cause == "closed" && outcome.code?.rawValue == 4_100)
    from.close()
    to.close()
    try bench.finish()
  }

  /// It hangs up inside a frame: the closer's stream ends at once, with nothing put into the frame.
  @Test(arguments: [Party.downstream, .upstream], Leave.allCases)
  func hangUpInsideAFrame(closer: Party, leave: Leave) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = closer == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    let frame = to.frame(.binary, [UInt8](repeating: 1, count: 500))
    try to.send(raw: Array(frame[..<100]))
    #expect(try from.receive(100) == Array(frame[..<100]))
    try from.sendClose(4_100)
    #expect(try to.next() == .close(payload(4_100)))
    switch leave {
    case .finish: to.finish()
    case .close: to.close()
    case .reset: to.reset()
    }
    #expect(try from.read() == nil)
    #expect(try bench.outcome(of: session).cause == "closed")
    from.close()
    to.close()
    try bench.finish()
  }

  /// The closer is gone before the answer comes.
  @Test(arguments: [Party.downstream, .upstream])
  func closerDoesNotWait(closer: Party) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = closer == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    try from.sendClose(4_100)
    from.close()
    #expect(try to.next() == .close(payload(4_100)))
    try to.send("to nobody")
    try to.sendClose(4_100)
    #expect(try to.rest().isEmpty)
    #expect(try bench.outcome(of: session).cause == "closed")
    to.close()
    try bench.finish()
  }

  /// Nobody answers until the deadline: the gateway answers the closer itself, and leaves the silent one.
  @Test(arguments: [Party.downstream, .upstream])
  func deadlineWithoutAnAnswer(closer: Party) throws {
    let bench = try Bench()
    var terms = Bench.terms
    terms.closeTimeout = 100
    terms.linger = 100
    let session = try bench.open(terms)
    let (from, to) = closer == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    try from.sendClose(1_001, "leaving")
    #expect(try from.rest() == [.close(payload(1_001, "leaving"))])
    #expect(try to.rest() == [.close(payload(1_001, "leaving"))])
    #expect(try bench.outcome(of: session).code == .goingAway)
    // Neither far end has closed its socket: the reactor does, after the linger time.
    try bench.finish()
  }

  /// The silent end has stopped inside a frame: the closer's stream ends there, with nothing put into the frame.
  @Test func deadlineInsideAFrame() throws {
    let bench = try Bench()
    var terms = Bench.terms
    terms.closeTimeout = 100
    terms.linger = 100
    let session = try bench.open(terms)
    let frame = session.upstream.frame(.binary, [UInt8](repeating: 1, count: 500))
    try session.upstream.send(raw: Array(frame[..<100]))
    #expect(try session.client.receive(100) == Array(frame[..<100]))
    try session.client.sendClose(1_000)
    #expect(try session.client.read() == nil)
    #expect(try session.upstream.rest() == [.close(payload(1_000))])
    try bench.finish()
  }

  @Test func endedByTheGateway() throws {
    let bench = try Bench()
    let session = try bench.open()
    bench.reactor.close(session: 999, SessionEnd(name: "nobody", code: .goingAway, reason: ""))
    bench.reactor.close(session: session.id, SessionEnd(name: "admin", code: .policyViolation, reason: "Closed"))
    #expect(try session.client.answerClose() == payload(1_008, "Closed"))
    #expect(try session.upstream.answerClose() == payload(1_000, "Session ended"))
    #expect(try session.client.rest().isEmpty && session.upstream.rest().isEmpty)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .gateway && outcome.cause == "admin" && outcome.code == .policyViolation && outcome.reason == "Closed")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  @Test func closeAllOverASpread() throws {
    let bench = try Bench()
    let sessions = try (0..<40).map { _ in try bench.open(Bench.terms, .local) }
    // One of them is through already when its turn comes.
    try sessions[7].client.sendClose(1_000)
    #expect(try sessions[7].upstream.answerClose() == payload(1_000))
    bench.reactor.closeAll(SessionEnd(name: "drain", code: .serviceRestart, reason: "Shutting down"), over: 300)
    for (index, session) in sessions.enumerated() where index != 7 {
      #expect(try session.client.answerClose() == payload(1_012, "Shutting down"))
      #expect(try session.upstream.answerClose() == payload(1_000, "Session ended"))
    }
    for session in sessions {
      session.client.close()
      session.upstream.close()
    }
    for (index, session) in sessions.enumerated() {
      #expect(try bench.outcome(of: session).cause == (index == 7 ? "closed" : "drain"))
    }
    try bench.finish()
  }
}
