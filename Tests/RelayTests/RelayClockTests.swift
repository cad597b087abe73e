import Glibc
import Testing
import WebSocket
@testable import Relay

/// Short clocks; only what they lead to is looked at, never how long it took.
@Suite struct RelayClockTests {
  private static let ended = ClosePayload(code: .normal, reason: "Session ended")

  private func expect(
    _ terms: RelayTerms, name: String, _ payload: ClosePayload, before: (Bench.Session) throws -> Void = { _ in }
  ) throws {
    let bench = try Bench()
    let session = try bench.open(terms)
    try before(session)
    #expect(try session.client.answerClose() == payload)
    #expect(try session.upstream.answerClose() == Self.ended)
    #expect(try session.client.rest().isEmpty && session.upstream.rest().isEmpty)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .gateway && outcome.cause == name && outcome.code == payload.code && outcome.reason == payload.reason)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  @Test func clientIdle() throws {
    var terms = Bench.terms
    terms.downstream.idle = 200
    // What the upstream says does not count for the client.
    try expect(terms, name: "client_idle", ClosePayload(code: .goingAway, reason: "Client idle")) { session in
      try session.upstream.send("hello")
      #expect(try session.client.next() == .message(.text("hello")))
    }
  }

  @Test func upstreamIdle() throws {
    var terms = Bench.terms
    terms.upstream.idle = 200
    try expect(terms, name: "upstream_idle", ClosePayload(code: .goingAway, reason: "Upstream idle"))
  }

  /// Both ends talk all the time, and the session ends all the same.
  @Test func sessionMaximum() throws {
    var terms = Bench.terms
    terms.sessionMaximum = 300
    terms.downstream.idle = 60_000
    terms.upstream.idle = 60_000
    let bench = try Bench()
    let session = try bench.open(terms)
    var rounds = 0
    while true {
      try session.client.send("ping \(rounds)")
      let heard = try session.upstream.next()
      guard case .message(let message) = heard else {
        #expect(heard == .close(Self.ended))
        break
      }
      #expect(message == .text("ping \(rounds)"))
      rounds += 1
    }
    #expect(rounds > 0)
    #expect(try session.client.answerClose() == ClosePayload(code: .goingAway, reason: "Session time limit"))
    try session.upstream.sendClose(1_000)
    #expect(try bench.outcome(of: session).cause == "session_limit")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// No pong: the leg counts as lost.
  @Test(arguments: [Party.downstream, .upstream])
  func pingTimeout(party: Party) throws {
    var terms = Bench.terms
    let clocks = RelayTerms.LegTerms(pingInterval: 100, pingTimeout: 100)
    if party == .downstream { terms.downstream = clocks } else { terms.upstream = clocks }
    let bench = try Bench()
    let session = try bench.open(terms)
    let (silent, other) = party == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    #expect(try other.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"))
    #expect(try silent.rest() == [.ping(RelaySession.pingPayload)])
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == party && outcome.cause == "ping_timeout")
    #expect(try other.rest().isEmpty)
    other.close()
    silent.close()
    try bench.finish()
  }

  /// Any byte that arrives answers a ping, and pongs keep a session open for as long as they come.
  @Test func answeredPingsKeepTheSession() throws {
    var terms = Bench.terms
    terms.downstream = RelayTerms.LegTerms(pingInterval: 50, pingTimeout: 5_000)
    let bench = try Bench()
    let session = try bench.open(terms)
    for round in 0..<6 {
      #expect(try session.client.next() == .ping(RelaySession.pingPayload))
      if round % 2 == 0 { try session.client.send(.pong, RelaySession.pingPayload) } else { try session.client.send("instead of a pong") }
    }
    #expect(!bench.hasReported(session))
    for _ in 0..<3 { #expect(try session.upstream.next() == .message(.text("instead of a pong"))) }
    session.client.reset()
    #expect(try session.upstream.answerClose().code == .internalError)
    session.upstream.close()
    try bench.finish()
  }

  /// The upstream has stopped inside a frame, so the client cannot be pinged; it is not taken for dead because of that.
  @Test func noPingInsideAFrameAndNoTimeoutForIt() throws {
    var terms = Bench.terms
    terms.downstream = RelayTerms.LegTerms(pingInterval: 64, pingTimeout: 64)
    let bench = try Bench()
    let frame = FrameHeader.frame(opcode: .text, payload: Array("whole".utf8))
    let session = try bench.open(terms, fromUpstream: Array(frame[..<4]))
    #expect(try session.client.receive(4) == Array(frame[..<4]))
    usleep(600_000)
    try session.upstream.send(raw: Array(frame[4...]))
    #expect(try session.client.receive(3) == Array(frame[4...]))
    // Now it can be, and is.
    #expect(try session.client.next() == .ping(RelaySession.pingPayload))
    session.client.reset()
    #expect(try session.upstream.answerClose().code == .internalError)
    session.upstream.close()
    try bench.finish()
  }

  /// Both ends say much and read nothing, so that neither is read: who takes nothing for as long as it might be silent is lost.
  @Test func bothStall() throws {
    var terms = RelayTerms(closeTimeout: 300, linger: 300)
    terms.downstream = RelayTerms.LegTerms(idle: 300, buffer: 4_096)
    terms.upstream = RelayTerms.LegTerms(idle: 3_600_000, buffer: 4_096)
    let bench = try Bench(readSize: 4_096)
    let session = try bench.open(terms, .local, buffer: 8_192)
    let peers = [session.client, session.upstream]
    let frames = peers.map { peer in (0..<200).flatMap { _ in peer.frame(.binary, [UInt8](repeating: 7, count: 1_000)) } }
    for (peer, bytes) in zip(peers, frames) {
      var sent = 0
      while true {
        let count = try peer.trySend(bytes, from: sent)
        sent += count
        if count == 0, !peer.isReady(POLLOUT, within: 200) { break }
      }
      #expect(sent < bytes.count)
    }
    while try session.upstream.read() != nil {}
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .downstream && outcome.cause == "stalled" && outcome.code == nil)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// While the upstream takes nothing the client is not read; that is no silence of the client's.
  @Test func legThatIsNotReadIsNotIdle() throws {
    var terms = Bench.terms
    terms.downstream = RelayTerms.LegTerms(idle: 200, pingInterval: 64, pingTimeout: 64)
    terms.upstream.buffer = 4_096
    let bench = try Bench(readSize: 4_096)
    let session = try bench.open(terms, .local, buffer: 8_192)
    var frames: [UInt8] = []
    for number in 0..<400 { frames += session.client.frame(.text, Array(String(repeating: "\(number % 10)", count: 1_000).utf8)) }
    var sent = 0
    while true {
      let count = try session.client.trySend(frames, from: sent)
      sent += count
      if count == 0, !session.client.isReady(POLLOUT, within: 200) { break }
    }
    #expect(sent < frames.count)
    usleep(600_000)
    #expect(!bench.hasReported(session))
    let rest = Array(frames[sent...])
    #expect(try Peer.pump(rest, from: session.client, to: session.upstream, count: frames.count) == frames)
    session.client.reset()
    session.upstream.reset()
    try bench.finish()
  }
}
