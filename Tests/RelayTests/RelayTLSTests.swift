import Glibc
import Synchronization
import Telemetry
import Testing
import TLS
import WebSocket
@testable import Relay

/// The same with TLS on one leg or on both.
@Suite struct RelayTLSTests {
  enum Legs: CaseIterable {
    case downstream, upstream, both
  }

  /// Hands over one leg: its far end, and what the reactor gets.
  private struct Made: ~Copyable {
    let pair: SocketPair
    let peer: Peer
    let transport: LegTransport

    consuming func intoTransport() -> LegTransport { transport }
  }

  private func leg(
    _ party: Party, _ version: TLSVersion?, early: [[UInt8]] = [], owed: [UInt8] = [], buffer: Int32? = nil,
    compression: DeflateParameters? = nil
  ) throws -> Made {
    let pair = try SocketPair(.tcp, buffer: buffer)
    let role: Role = party == .downstream ? .client : .server
    let descriptor = Descriptor(adopting: pair.near)
    guard let version else {
      return Made(
        pair: pair, peer: Peer(role, on: pair.far), transport: LegTransport(descriptor: descriptor, tls: nil, received: [], owed: owed))
    }
    let ends = try SecureEnds(nearIsServer: party == .downstream, version: version, early: early)
    let (received, unsent) = (ends.received, ends.unsent)
    let sessions = try ends.attach(farTo: pair.far)
    // What the far session said on its memory buffers goes out before anything it says on the socket.
    #expect(unsafe unsent.isEmpty || send(pair.far, unsent, unsent.count, 0) == unsent.count)
    var transport = LegTransport(descriptor: descriptor, tls: sessions.near, received: received, owed: owed)
    transport.compression = compression.map { LegTransport.Compression($0, DeflateSettings()) }
    return Made(pair: pair, peer: Peer(role, on: pair.far, tls: sessions.far, compression: compression), transport: transport)
  }

  private func open(
    _ bench: Bench, _ legs: Legs, _ version: TLSVersion, terms: RelayTerms = Bench.terms, early: [[[UInt8]]] = [[], []], owed: [UInt8] = [],
    buffer: Int32? = nil, up compression: DeflateParameters? = nil
  ) throws -> Bench.Session {
    let down = try leg(.downstream, legs == .upstream ? nil : version, early: early[0], owed: owed, buffer: buffer)
    let up = try leg(.upstream, legs == .downstream ? nil : version, early: early[1], buffer: buffer, compression: compression)
    let session = bench.note(down.pair, up.pair, client: down.peer, upstream: up.peer)
    bench.start(session, terms, down.intoTransport(), up.intoTransport())
    return session
  }

  @Test(arguments: Legs.allCases, TLSVersion.allCases)
  func messagesAndClose(legs: Legs, version: TLSVersion) throws {
    let bench = try Bench()
    let session = try open(bench, legs, version, owed: Array("101".utf8))
    #expect(try session.client.receive(3) == Array("101".utf8))
    for round in 0..<20 {
      try session.client.send("up \(round)")
      #expect(try session.upstream.next() == .message(.text("up \(round)")))
      try session.upstream.send(.binary, [UInt8](repeating: UInt8(round), count: round * 1_000))
      #expect(try session.client.next() == .message(.binary([UInt8](repeating: UInt8(round), count: round * 1_000))))
    }
    try session.client.send(.ping, [7])
    #expect(try session.client.next() == .pong([7]))
    try session.upstream.sendClose(4_002, "over")
    #expect(try session.client.answerClose() == ClosePayload(code: CloseCode(rawValue: 4_002), reason: "over"))
    #expect(try session.upstream.next() == .close(ClosePayload(code: CloseCode(rawValue: 4_002), reason: "over")))
    // close_notify and FIN, so that the end is no truncation.
    #expect(try session.client.read() == nil && session.upstream.read() == nil)
    #expect(session.client.end == .finished && session.upstream.end == .finished)
    session.client.close()
    session.upstream.close()
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .upstream && outcome.cause == "closed")
    #expect(outcome.downstream.messages == 20 && outcome.upstream.messages == 20)
    try bench.finish()
  }

  /// Whole records and a part of one are inside the session when it is handed over; epoll never reports them.
  @Test(arguments: TLSVersion.allCases)
  func bytesHeldAtTheHandOver(version: TLSVersion) throws {
    let bench = try Bench(readSize: 256)
    var up = FrameStream(sender: .client), down = FrameStream(sender: .server)
    var early: [[[UInt8]]] = [[], []]
    for number in 0..<5 {
      let (before, beforeDown) = (up.bytes.count, down.bytes.count)
      up.add(.text, Array("early \(number)".utf8))
      down.add(.binary, [UInt8](repeating: UInt8(number), count: 100 + number))
      early[0].append(Array(up.bytes[before...]))
      early[1].append(Array(down.bytes[beforeDown...]))
    }
    let session = try open(bench, .both, version, early: early)
    #expect(try session.upstream.receive(up.bytes.count) == up.bytes)
    #expect(try session.client.receive(down.bytes.count) == down.bytes)
    try session.client.send("and on")
    #expect(try session.upstream.next() == .message(.text("and on")))
    session.client.reset()
    session.upstream.reset()
    try bench.finish()
  }

  @Test(arguments: Legs.allCases, [Party.downstream, .upstream])
  func stalledReader(legs: Legs, sender: Party) throws {
    var random = SeededFrames(seed: 9)
    var terms = Bench.terms
    terms.downstream.buffer = 32_768
    terms.upstream.buffer = 32_768
    let bench = try Bench(readSize: 16_384)
    let session = try open(bench, legs, .v13, terms: terms, buffer: RelayBackpressureTests.buffer)
    let (from, to) = sender == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    let stream = random.stream(sender: from.role, bytes: 6 << 20)
    var sent = 0
    while true {
      let count = try from.trySend(stream.bytes, from: sent)
      sent += count
      if count == 0, !from.isReady(POLLOUT, within: 300) { break }
    }
    #expect(sent < 1 << 20)
    let wakeUps = bench.counters.wakeUps
    usleep(200_000)
    #expect(bench.counters.wakeUps - wakeUps < 20)
    #expect(try Peer.pump(Array(stream.bytes[sent...]), from: from, to: to, count: stream.data.count) == stream.data)
    try from.sendClose(1_000)
    #expect(try to.answerClose() == ClosePayload(code: .normal))
    #expect(try from.next() == .close(ClosePayload(code: .normal)))
    from.close()
    to.close()
    try bench.finish()
  }

  @Test(arguments: Legs.allCases, RelayLossTests.Loss.allCases)
  func losses(legs: Legs, loss: RelayLossTests.Loss) throws {
    let bench = try Bench()
    for party in [Party.downstream, .upstream] {
      let session = try open(bench, legs, .v13)
      let (from, to) = party == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
      try from.send("before")
      #expect(try to.next() == .message(.text("before")))
      switch loss {
      case .finish: from.finish()
      case .close: from.close()
      case .reset: from.reset()
      }
      #expect(try to.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"))
      #expect(try to.read() == nil)
      let outcome = try bench.outcome(of: session)
      #expect(outcome.closedBy == party && outcome.cause == "lost")
      from.close()
      to.close()
    }
    try bench.finish()
  }

  /// A session that cannot be moved to its socket: both ends are told, nothing hangs.
  @Test func sessionThatCannotBeAttached() throws {
    let bench = try Bench()
    let down = try SocketPair(.tcp)
    let ends = try SecureEnds.unfinished()
    let up = try leg(.upstream, .v13)
    let session = bench.note(down, up.pair, client: Peer(.client, on: down.far), upstream: up.peer)
    bench.start(
      session, Bench.terms, LegTransport(descriptor: Descriptor(adopting: down.near), tls: ends, received: []), up.intoTransport())
    #expect(try session.client.read() == nil)
    #expect(try session.upstream.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"))
    #expect(try bench.outcome(of: session).cause == "lost")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Much is ready at one client, little at another: the first does not keep the thread until it is through.
  @Test func sessionsTakeTurns() throws {
    let inbox = try #require(Inbox())
    let ledger = Ledger()
    let order = Mutex<[UInt64]>([])
    var terms = Bench.terms
    terms.upstream.buffer = 16 << 20
    terms.closeTimeout = 100
    terms.linger = 100
    var peers: [Peer] = []
    for (id, count) in [(1, 2_000), (2, 1)] as [(UInt64, Int)] {
      let down = try leg(.downstream, .v13), up = try leg(.upstream, nil)
      // Small records, one message each.
      for number in 0..<count { try down.peer.send("record \(number)") }
      try down.peer.sendClose(1_000)
      try up.peer.sendClose(1_000)
      peers += [down.peer, up.peer]
      inbox.post(
        .open(
          RelayParcel(id: id, downstream: down.intoTransport(), upstream: up.intoTransport(), terms: SharedTerms(terms)) { outcome in
            order.withLock { $0.append(outcome.id) }
            ledger.note(outcome)
          }))
    }
    inbox.post(.stop)
    ReactorLoop(inbox: inbox, counters: ReactorCounters(), readSize: 16_384)?.run()
    #expect(order.withLock { $0 } == [2, 1])
    #expect(try ledger.outcome(of: 1).downstream.messages == 2_000)
    for number in 0..<2_000 { #expect(try peers[1].next() == .message(.text("record \(number)"))) }
  }

  /// The upstream says much, closes, and goes, while the client reads nothing but keeps sending: what it said still reaches the client.
  @Test(arguments: TLSVersion.allCases)
  func failedWriteDoesNotLoseWhatWasSaidBefore(version: TLSVersion) throws {
    let bench = try Bench(readSize: 4_096)
    var terms = Bench.terms
    terms.downstream.buffer = 4_096
    let down = try SocketPair(.local, buffer: 8_192)
    let up = try leg(.upstream, version)
    let session = bench.note(down, up.pair, client: Peer(.client, on: down.far), upstream: up.peer)
    bench.start(session, terms, LegTransport(descriptor: Descriptor(adopting: down.near), tls: nil, received: []), up.intoTransport())
    try bench.hearLastWordsBehindAStall(session)
    #expect(try bench.outcome(of: session).cause == "closed")
    session.client.close()
    try bench.finish()
  }

  /// The client goes while the upstream's Close is inside its session, behind what the client would not take: nothing reports it again.
  @Test func readerGoesWhileTheCloseIsInside() throws {
    let bench = try Bench()
    var terms = Bench.terms
    terms.downstream.buffer = 1
    let down = try SocketPair(.local, buffer: 4_608)
    let up = try leg(.upstream, .v13)
    let session = bench.note(down, up.pair, client: Peer(.client, on: down.far), upstream: up.peer)
    bench.start(session, terms, LegTransport(descriptor: Descriptor(adopting: down.near), tls: nil, received: []), up.intoTransport())
    var count = 0
    while bench.counters.pauses == 0 {
      count += 1
      let before = bench.counters.messages(.down)
      try session.upstream.send(.binary([UInt8](repeating: 7, count: 100)))
      try Ledger.wait("message \(count)") { bench.counters.messages(.down) > before || bench.counters.pauses > 0 }
    }
    // Many more than the client's socket takes, and no more than a session reads ahead.
    for _ in 0..<100 { try session.upstream.send(.binary([UInt8](repeating: 7, count: 100))) }
    try session.upstream.sendClose(1_000)
    try Ledger.wait("the upstream's bytes to be acknowledged") { session.upstream.unsent == 0 }
    _ = try session.client.next()
    try Ledger.wait("the reactor to go on, and to stop again") { bench.counters.pauses > 1 }
    // Its socket stays full, so that nothing else sets the upstream free.
    session.client.finish()
    #expect(try session.upstream.rest() == [.close(ClosePayload(code: .internalError, reason: "Proxy error"))])
    #expect(try bench.outcome(of: session).cause == "lost")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Whole records are inside the session when input begins to wait, and the kernel has no more to report; all of it goes on in time.
  @Test(arguments: TLSVersion.allCases)
  func recordsBehindInputThatWaits(version: TLSVersion) throws {
    let bench = try Bench(readSize: 1_024)
    var terms = RelayTerms(maximumMessage: 0, maximumRatio: 0, closeTimeout: 60_000, linger: 60_000)
    terms.downstream.buffer = 32_768
    let session = try open(bench, .both, version, terms: terms, buffer: 16_384, up: DeflateParameters())
    let messages = (0..<4 as Range<UInt8>).map { Message.binary([UInt8](repeating: $0, count: 2 << 20)) }
    try session.upstream.send(raw: messages.flatMap { session.upstream.frame($0) })
    try Ledger.wait("the reactor to stop reading") { bench.counters.pauses > 0 }
    for message in messages { #expect(try session.client.next() == .message(message)) }
    try session.upstream.sendClose(1_000)
    #expect(try session.client.answerClose() == ClosePayload(code: .normal))
    #expect(try session.upstream.rest() == [.close(ClosePayload(code: .normal))])
    #expect(try bench.outcome(of: session).upstream.messages == 4)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }
}
