import Glibc
import Testing
import WebSocket
@testable import Relay

/// One end goes without a Close frame: the other one is told 1011 `Proxy error`.
@Suite struct RelayLossTests {
  private static let proxyError = MessageEvent.close(ClosePayload(code: .internalError, reason: "Proxy error"))

  enum Loss: CaseIterable { case finish, close, reset }

  private func lose(_ peer: Peer, _ loss: Loss) {
    switch loss {
    case .finish: peer.finish()
    case .close: peer.close()
    case .reset: peer.reset()
    }
  }

  @Test(arguments: [Party.downstream, .upstream], Loss.allCases)
  func otherEndIsTold(lost: Party, loss: Loss) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = lost == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    try from.send("before")
    #expect(try to.next() == .message(.text("before")))
    lose(from, loss)
    #expect(try to.next() == Self.proxyError)
    // It may still talk before it answers; nobody listens.
    try to.send("to nobody")
    try to.sendClose(1_011)
    #expect(try to.rest().isEmpty)
    #expect(to.end == .finished)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == lost && outcome.cause == "lost" && outcome.code == nil)
    #expect((lost == .downstream ? outcome.downstream : outcome.upstream).messages == 1)
    from.close()
    to.close()
    try bench.finish()
  }

  /// What was sent right before the end arrives.
  @Test(arguments: [Party.downstream, .upstream])
  func lastWordsArrive(lost: Party) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = lost == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    for number in 0..<200 { try from.send("word \(number)") }
    from.finish()
    for number in 0..<200 { #expect(try to.next() == .message(.text("word \(number)"))) }
    #expect(try to.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"))
    #expect(try to.rest().isEmpty)
    from.close()
    to.close()
    try bench.finish()
  }

  /// Nothing can be said inside a frame whose rest will never come.
  @Test(arguments: [Party.downstream, .upstream], Loss.allCases)
  func insideAFrameNothingIsInjected(lost: Party, loss: Loss) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = lost == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    let frame = from.frame(.binary, [UInt8](repeating: 3, count: 900))
    try from.send(raw: Array(frame[..<400]))
    #expect(try to.receive(400) == Array(frame[..<400]))
    // A pong that waits for the boundary is dropped with it.
    try to.send(.ping, [1])
    try to.send("marker")
    #expect(try from.next() == .message(.text("marker")))
    lose(from, loss)
    #expect(try to.read() == nil)
    #expect(to.end == .finished)
    #expect(try bench.outcome(of: session).cause == "lost")
    from.close()
    to.close()
    try bench.finish()
  }

  /// Between two fragments, or with only part of a header come, the other end is at a boundary.
  @Test(arguments: [Party.downstream, .upstream])
  func atABoundaryInsideAMessage(lost: Party) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = lost == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    let fragment = from.frame(.text, [0x61], fin: false)
    try from.send(raw: fragment + from.frame(.continuation, [0x62])[..<1])
    from.finish()
    #expect(try to.receive(fragment.count) == fragment)
    #expect(try to.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"))
    #expect(try to.rest().isEmpty)
    from.close()
    to.close()
    try bench.finish()
  }

  /// The upstream is lost while the client's socket is nearly full: the Close that finds no room goes out as soon as there is some.
  @Test func closeThatFindsNoRoom() throws {
    let bench = try Bench()
    var terms = Bench.terms
    terms.downstream.buffer = 1 << 20
    // At one of these counts the last message fits, and the Close does not.
    for count in 1...40 as ClosedRange<UInt64> {
      let session = try bench.open(terms, .local, buffer: 4_608)
      // What it has not read makes its end a reset.
      let sent = bench.counters.messages(.up)
      try session.client.send("unread")
      try Ledger.wait("the client's message") { bench.counters.messages(.up) > sent }
      let before = bench.counters.messages(.down)
      for number in 1...count {
        try session.upstream.send(.binary([UInt8](repeating: 7, count: 300)))
        // One by one, as each costs the socket more than its bytes.
        try Ledger.wait("message \(number)") { bench.counters.messages(.down) == before + number }
      }
      session.upstream.close()
      try Ledger.wait("the loss to be noticed") { bench.look(at: session.id)?.isEnding == true }
      for _ in 0..<count { _ = try session.client.next() }
      #expect(try session.client.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"), "behind \(count)")
      #expect(try session.client.rest().isEmpty)
      session.client.close()
    }
    try bench.finish()
  }

  /// A connection that the system will not report on is as good as lost: its session must not stay and hear nothing.
  @Test func connectionThatCannotBeWatched() throws {
    let bench = try Bench()
    let (down, up) = (try SocketPair(), try SocketPair())
    let session = bench.note(down, up, client: Peer(.client, on: down.far), upstream: Peer(.server, on: up.far))
    close(up.near)
    // epoll refuses what is always ready (epoll_ctl(2), EPERM).
    let deaf = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
    bench.start(
      session, Bench.terms, LegTransport(descriptor: Descriptor(adopting: down.near), tls: nil, received: []),
      LegTransport(descriptor: Descriptor(adopting: deaf), tls: nil, received: []))
    #expect(try session.client.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"))
    #expect(try session.client.rest().isEmpty)
    #expect(try bench.outcome(of: session).cause == "lost")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Both go at once.
  @Test(arguments: Loss.allCases)
  func bothAreLost(loss: Loss) throws {
    let bench = try Bench()
    for _ in 0..<30 {
      let session = try bench.open()
      lose(session.client, loss)
      lose(session.upstream, loss)
      #expect(try bench.outcome(of: session).cause == "lost")
      session.client.close()
      session.upstream.close()
    }
    try bench.finish()
  }

  /// One is lost, and before it has answered the other one too: that is reported at once, not when the close deadline passes.
  @Test func otherIsLostBeforeItAnswers() throws {
    let bench = try Bench()
    let session = try bench.open()
    session.client.reset()
    #expect(try session.upstream.next() == Self.proxyError)
    session.upstream.reset()
    #expect(try bench.outcome(of: session).closedBy == .downstream)
    try bench.finish()
  }

  /// The upstream says much, closes, and goes, while the client reads nothing but keeps sending. The writes to the upstream fail; what it
  /// said before that still reaches the client, its code included.
  @Test func failedWriteDoesNotLoseWhatWasSaidBefore() throws {
    let bench = try Bench(readSize: 4_096)
    var terms = Bench.terms
    terms.downstream.buffer = 4_096
    let down = try SocketPair(.local, buffer: 8_192)
    let up = try SocketPair(.tcp)
    let session = bench.note(down, up, client: Peer(.client, on: down.far), upstream: Peer(.server, on: up.far))
    bench.start(
      session, terms, LegTransport(descriptor: Descriptor(adopting: down.near), tls: nil, received: []),
      LegTransport(descriptor: Descriptor(adopting: up.near), tls: nil, received: []))
    try bench.hearLastWordsBehindAStall(session)
    #expect(try session.client.rest().isEmpty)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .upstream && outcome.cause == "closed" && outcome.code?.rawValue == 4_008)
    session.client.close()
    try bench.finish()
  }
}
