import Testing
import WebSocket
@testable import Relay

@Suite struct RelayPingTests {
  private func close(_ session: Bench.Session, _ bench: Bench) throws {
    try session.client.sendClose(1000)
    _ = try session.upstream.answerClose()
    session.upstream.close()
    #expect(try session.client.rest() == [.close(ClosePayload(code: .normal))])
    session.client.close()
    try bench.finish()
  }

  @Test func pingIsAnsweredOnItsLeg() throws {
    let bench = try Bench()
    let session = try bench.open()
    try session.client.send(.ping, Array("from client".utf8))
    #expect(try session.client.next() == .pong(Array("from client".utf8)))
    try session.upstream.send(.ping)
    #expect(try session.upstream.next() == .pong([]))
    // Nobody asked for these; the next thing at the other end is the message behind them.
    try session.client.send(.pong, [1])
    try session.client.send("a")
    #expect(try session.upstream.next() == .message(.text("a")))
    try session.upstream.send(.pong, [2])
    try session.upstream.send("b")
    #expect(try session.client.next() == .message(.text("b")))
    try close(session, bench)
  }

  @Test func pingAndPongPassInRelayMode() throws {
    let bench = try Bench()
    var terms = Bench.terms
    terms.pings = .relay
    let session = try bench.open(terms)
    try session.client.send(.ping, [1, 2, 3])
    #expect(try session.upstream.next() == .ping([1, 2, 3]))
    try session.upstream.send(.pong, [1, 2, 3])
    #expect(try session.client.next() == .pong([1, 2, 3]))
    try session.upstream.send(.ping, [UInt8](repeating: 7, count: 125))
    #expect(try session.client.next() == .ping([UInt8](repeating: 7, count: 125)))
    try session.client.send(.pong)
    #expect(try session.upstream.next() == .pong([]))
    try close(session, bench)
  }

  /// The gateway's own pings: their pongs end at the gateway, in both modes.
  @Test(arguments: [RelayTerms.Pings.answer, .relay])
  func keepalivePongsEndHere(mode: RelayTerms.Pings) throws {
    let bench = try Bench()
    var terms = Bench.terms
    terms.pings = mode
    terms.downstream.pingInterval = 50
    terms.downstream.pingTimeout = 60_000
    terms.upstream.pingInterval = 50
    terms.upstream.pingTimeout = 60_000
    let session = try bench.open(terms)
    for peer in [session.client, session.upstream] {
      for _ in 0..<2 {
        guard case .ping(let payload) = try peer.next() else {
          Issue.record("expected a ping")
          return
        }
        try peer.send(.pong, payload)
      }
    }
    try session.client.send("a")
    try session.upstream.send("b")
    for (peer, text) in [(session.client, "b"), (session.upstream, "a")] {
      var event = try peer.next()
      while case .ping = event { event = try peer.next() }
      #expect(event == .message(.text(text)))
    }
    session.client.reset()
    session.upstream.reset()
    try bench.finish()
  }

  /// A pong may not be put into a frame that is on its way; it comes at the frame's end.
  @Test func pongWaitsForTheFrameBoundary() throws {
    let bench = try Bench()
    let session = try bench.open()
    let frame = session.upstream.frame(.binary, [UInt8](repeating: 5, count: 1_000))
    let next = session.upstream.frame(.text, [0x62])
    try session.upstream.send(raw: Array(frame[..<10]))
    #expect(try session.client.receive(10) == Array(frame[..<10]))
    for number in 0..<3 as Range<UInt8> {
      try session.client.send(.ping, [number])
      try Ledger.wait("ping \(number) to be read") { bench.counters.bytes(.up) == 7 * (UInt64(number) + 1) }
    }
    try session.client.send("marker")
    #expect(try session.upstream.next() == .message(.text("marker")), "the pings are read by now")
    try session.upstream.send(raw: Array(frame[10...]) + next)
    let pongs = (0..<3 as Range<UInt8>).flatMap { FrameHeader.frame(opcode: .pong, payload: [$0]) }
    #expect(try session.client.receive(frame.count - 10 + pongs.count + next.count) == Array(frame[10...]) + pongs + next)
    try close(session, bench)
  }

  /// Between the fragments of a message a control frame is legal.
  @Test func pongComesBetweenFragments() throws {
    let bench = try Bench()
    let session = try bench.open()
    try session.client.send(.text, Array("one ".utf8), fin: false)
    try session.upstream.send(.ping, [9])
    #expect(try session.upstream.next() == .pong([9]))
    try session.client.send(.continuation, Array("two".utf8))
    #expect(try session.upstream.next() == .message(.text("one two")))
    try close(session, bench)
  }

  /// A handful of pings is answered one by one, whatever comes with them.
  @Test func severalPings() throws {
    let bench = try Bench()
    let session = try bench.open()
    let numbers = Array(0..<10 as Range<UInt8>)
    try session.client.send(raw: numbers.flatMap { session.client.frame(.ping, [$0]) } + session.client.frame(.text, [0x61]))
    #expect(try session.upstream.next() == .message(.text("a")))
    for number in numbers { #expect(try session.client.next() == .pong([number])) }
    try close(session, bench)
  }

  /// A flood of pings is answered by few pongs, the last one among them (RFC 6455 section 5.5.3).
  @Test(arguments: [nil, DeflateParameters()] as [DeflateParameters?])
  func pingsThatComeTogether(compression: DeflateParameters?) throws {
    let bench = try Bench()
    let session = try bench.open(.init(), down: compression)
    let count = 2_000
    let pings = (0..<count).flatMap { session.client.frame(.ping, [UInt8($0 >> 8), UInt8($0 & 0xFF)]) }
    try session.client.send(raw: pings + session.client.frame(.text, [0x61]))
    #expect(try session.upstream.next() == .message(.text("a")))
    var numbers: [Int] = []
    while numbers.last != count - 1 {
      guard case .pong(let payload) = try session.client.next() else {
        Issue.record("expected a pong")
        return
      }
      numbers.append(Int(payload[0]) << 8 | Int(payload[1]))
    }
    // A few a read; the kernel may hand them over in several.
    #expect(numbers.count < count / 2)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    try close(session, bench)
  }

  /// A client that pings and never reads costs no memory and does not stop; the most recent ping is answered (RFC 6455 section 5.5.3).
  @Test func pingFloodFromOneThatDoesNotRead() throws {
    let bench = try Bench(readSize: 4_096)
    var terms = Bench.terms
    terms.downstream.buffer = 4_096
    let session = try bench.open(terms, .local, buffer: 8_192)
    let count = 20_000
    var pings: [UInt8] = []
    for number in 0..<count { pings += session.client.frame(.ping, Array("\(number)".utf8) + [UInt8](repeating: 0x2E, count: 80)) }
    try session.client.send(raw: pings)
    try session.client.send("behind")
    #expect(try session.upstream.next() == .message(.text("behind")))
    var numbers: [Int] = []
    while numbers.last != count - 1 {
      guard case .pong(let payload) = try session.client.next() else {
        Issue.record("expected a pong")
        return
      }
      numbers.append(Int(String(decoding: payload.prefix { $0 != 0x2E }, as: UTF8.self)) ?? -1)
    }
    #expect(numbers.count < count / 2)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    try close(session, bench)
  }

  /// The same while the other end is inside a frame: only so many pongs wait for its end, the last one among them.
  @Test func pingFloodInsideAFrame() throws {
    let bench = try Bench()
    let session = try bench.open()
    let frame = session.upstream.frame(.binary, [1, 2, 3, 4])
    try session.upstream.send(raw: Array(frame[..<3]))
    #expect(try session.client.receive(3) == Array(frame[..<3]))
    let count = 5_000
    for number in 0..<count { try session.client.send(.ping, Array("\(number)".utf8) + [UInt8](repeating: 0x2E, count: 80)) }
    try session.client.send("behind")
    #expect(try session.upstream.next() == .message(.text("behind")))
    try session.upstream.send(raw: Array(frame[3...]))
    #expect(try session.client.receive(3) == Array(frame[3...]))
    var payloads: [[UInt8]] = []
    repeat {
      guard case .pong(let payload) = try session.client.next() else {
        Issue.record("expected a pong")
        return
      }
      payloads.append(payload)
    } while payloads.last?.starts(with: Array("\(count - 1).".utf8)) != true
    #expect(payloads.count < 300)
    try close(session, bench)
  }

  /// However many pongs wait for a frame's end, a Close frame still finds room behind them.
  @Test func closeBehindWaitingPongs() throws {
    let bench = try Bench()
    let session = try bench.open()
    let frame = session.upstream.frame(.binary, [1, 2, 3, 4])
    try session.upstream.send(raw: Array(frame[..<3]))
    #expect(try session.client.receive(3) == Array(frame[..<3]))
    for _ in 0..<1_000 { try session.client.send(.ping, [UInt8](repeating: 0x2E, count: 100)) }
    try session.client.send("behind")
    #expect(try session.upstream.next() == .message(.text("behind")))
    bench.reactor.close(session: session.id, SessionEnd(name: "test_end", code: .goingAway, reason: "End"))
    #expect(try session.upstream.next() == .close(ClosePayload(code: .normal, reason: "Session ended")))
    try session.upstream.send(raw: Array(frame[3...]) + session.upstream.frame(.close, [3, 232]))
    #expect(try session.client.receive(3) == Array(frame[3...]))
    var event = try session.client.next()
    while case .pong = event { event = try session.client.next() }
    #expect(event == .close(ClosePayload(code: .goingAway, reason: "End")))
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }
}
