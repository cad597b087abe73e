import TestSupport
import Testing
import WebSocket
@testable import Relay

/// What goes in at one end comes out at the other, byte for byte.
@Suite struct RelayDataTests {
  @Test(arguments: SocketPair.Kind.allCases)
  func textAndBinaryBothWays(kind: SocketPair.Kind) throws {
    let bench = try Bench()
    let session = try bench.open(Bench.terms, kind)
    try session.client.send("hello")
    #expect(try session.upstream.next() == .message(.text("hello")))
    try session.upstream.send(.binary, [0, 1, 2])
    #expect(try session.client.next() == .message(.binary([0, 1, 2])))
    try session.client.send(.text)
    #expect(try session.upstream.next() == .message(.text("")))
    try session.client.sendClose(1000, "done")
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal, reason: "done"))
    #expect(try session.client.next() == .close(ClosePayload(code: .normal, reason: "done")))
    #expect(try session.upstream.rest().isEmpty && session.client.rest().isEmpty)
    #expect(session.upstream.end == .finished && session.client.end == .finished)
    session.upstream.close()
    session.client.close()
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .downstream)
    #expect(outcome.cause == "closed")
    #expect(outcome.code == .normal)
    #expect(outcome.reason == "done")
    #expect(outcome.downstream == .init(messages: 2, bytes: 11 + 6 + 12))
    #expect(outcome.upstream == .init(messages: 1, bytes: 5 + 8))
    #expect(outcome.firstUpstreamMessage != nil)
    try bench.finish()
    #expect(bench.counters.messages(.up) == 2 && bench.counters.messages(.down) == 1)
    #expect(bench.counters.bytes(.up) == outcome.downstream.bytes && bench.counters.bytes(.down) == outcome.upstream.bytes)
  }

  /// Both directions at once, in pieces that share headers and frames between reads.
  @Test func randomStreamsBothWays() throws {
    for seed in 0..<12 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let bench = try Bench(readSize: [512, 4_096, 65_536][Int(seed % 3)])
      let session = try bench.open(Bench.terms, seed % 2 == 0 ? .tcp : .local)
      let up = FrameStream(sender: .client, messages: 30, controls: false, using: &random)
      let down = FrameStream(sender: .server, messages: 30, controls: false, using: &random)
      var upward = random.pieces(up.bytes, longest: 20_000)[...]
      var downward = random.pieces(down.bytes, longest: 20_000)[...]
      var atUpstream: [UInt8] = []
      var atClient: [UInt8] = []
      while let piece = upward.popFirst() {
        atUpstream += try Peer.pump(piece, from: session.client, to: session.upstream, count: 1)
        if let piece = downward.popFirst() { atClient += try Peer.pump(piece, from: session.upstream, to: session.client, count: 1) }
      }
      let rest = downward.flatMap { $0 }
      atClient += try Peer.pump(rest, from: session.upstream, to: session.client, count: down.data.count - atClient.count)
      atUpstream += try session.upstream.receive(up.data.count - atUpstream.count)
      #expect(atUpstream == up.data, "seed \(seed)")
      #expect(atClient == down.data, "seed \(seed)")
      try session.upstream.sendClose(4_001, "over")
      #expect(try session.client.answerClose() == ClosePayload(code: CloseCode(rawValue: 4_001), reason: "over"), "seed \(seed)")
      #expect(try session.upstream.next() == .close(ClosePayload(code: CloseCode(rawValue: 4_001), reason: "over")), "seed \(seed)")
      let outcome = try bench.outcome(of: session)
      #expect(outcome.closedBy == .upstream, "seed \(seed)")
      #expect(outcome.downstream.messages == UInt64(up.messages.count), "seed \(seed)")
      #expect(outcome.upstream.messages == UInt64(down.messages.count), "seed \(seed)")
      session.client.close()
      session.upstream.close()
      try bench.finish()
    }
  }

  /// With pings and pongs everywhere: data passes, pings are answered in order on their own leg, of those that come together the most
  /// recent, and everything stays legal.
  @Test func controlFramesBetweenFragments() throws {
    for seed in 0..<8 as Range<UInt64> {
      var random = SeededGenerator(seed: 1_000 + seed)
      let bench = try Bench()
      let session = try bench.open()
      let stream = FrameStream(sender: .client, messages: 40, longest: 5_000, using: &random)
      for piece in random.pieces(stream.bytes, longest: 900) { try session.client.send(raw: piece) }
      for message in stream.messages { #expect(try session.upstream.next() == .message(message), "seed \(seed)") }
      var pings = stream.controls.filter { $0.opcode == .ping }.map(\.payload)[...]
      let last = Array("the last one".utf8)
      try session.client.send(.ping, last)
      while case .pong(let payload) = try session.client.next(), payload != last {
        let index = try #require(pings.firstIndex(of: payload), "seed \(seed)")
        pings = pings[(index + 1)...]
      }
      try session.client.sendClose()
      #expect(try session.upstream.answerClose() == ClosePayload(), "seed \(seed)")
      session.upstream.close()
      #expect(try session.client.rest() == [.close(ClosePayload())], "seed \(seed)")
      session.client.close()
      try bench.finish()
    }
  }

  @Test(arguments: [Role.client, .server])
  func sixteenMegabytesInOneMessage(sender: Role) throws {
    var random = SeededGenerator(seed: 16)
    let bench = try Bench()
    let session = try bench.open()
    let (from, to) = sender == .client ? (session.client, session.upstream) : (session.upstream, session.client)
    let frame = from.frame(.binary, random.quick(16 << 20))
    let received = try Peer.pump(frame, from: from, to: to)
    #expect(received == frame)
    try from.sendClose(1000)
    #expect(try to.answerClose().code == .normal)
    #expect(try from.next() == .close(ClosePayload(code: .normal)))
    let outcome = try bench.outcome(of: session)
    #expect((sender == .client ? outcome.downstream : outcome.upstream).messages == 1)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// The 101 first, then what the control path had read: whole frames, and a header that goes on at the socket.
  @Test func earlyBytesComeFirstAndInOrder() throws {
    let bench = try Bench(readSize: 1_024)
    var client = FrameStream(sender: .client)
    var upstream = FrameStream(sender: .server)
    for number in 0..<300 {
      client.add(.text, Array("up \(number)".utf8))
      upstream.add(.binary, [UInt8](repeating: UInt8(number & 0xFF), count: number))
    }
    let up = client.bytes, down = upstream.bytes
    let opening = FrameHeader.frame(opcode: .binary, payload: [1, 2, 3], maskKey: 5)
    // The last frames of both: a header of 2 + 4 bytes and 6 of payload, one of 4 bytes and 299.
    let upCut = up.count - 9, downCut = down.count - 300
    let session = try bench.open(
      fromClient: Array(up[..<upCut]), fromUpstream: Array(down[..<downCut]), owedToClient: Array("HTTP/1.1 101\r\n\r\n".utf8),
      owedToUpstream: opening)
    try session.client.send(raw: Array(up[upCut...]))
    try session.upstream.send(raw: Array(down[downCut...]))
    #expect(try session.client.receive(16 + down.count) == Array("HTTP/1.1 101\r\n\r\n".utf8) + down)
    #expect(try session.upstream.receive(opening.count + up.count) == opening + up)
    try session.client.sendClose(1000)
    _ = try session.upstream.answerClose()
    _ = try session.client.rest()
    let outcome = try bench.outcome(of: session)
    #expect(outcome.downstream.messages == 300 && outcome.upstream.messages == 300)
    session.client.close()
    session.upstream.close()
    try bench.finish()
    #expect(bench.counters.messages(.up) == 300 && bench.counters.messages(.down) == 300)
    #expect(bench.counters.bytes(.down) == outcome.upstream.bytes)
  }

  /// Early bytes that end the session at once.
  @Test func earlyCloseIsMirrored() throws {
    let bench = try Bench()
    var early = FrameStream(sender: .client)
    early.add(.text, [0x61])
    early.add(.close, [3, 233])
    let session = try bench.open(fromClient: early.bytes, owedToClient: [0x42])
    #expect(try session.client.receive(1) == [0x42])
    #expect(try session.upstream.next() == .message(.text("a")))
    #expect(try session.upstream.answerClose() == ClosePayload(code: .goingAway))
    session.upstream.close()
    #expect(try session.client.rest() == [.close(ClosePayload(code: .goingAway))])
    session.client.close()
    try bench.finish()
  }

  /// Data and Close in one read count as they would apart.
  @Test func dataAndCloseInOneRead() throws {
    let bench = try Bench()
    let session = try bench.open()
    try session.upstream.send(raw: session.upstream.frame(.text, [0x61]) + session.upstream.frame(.close, [3, 232]))
    #expect(try session.client.next() == .message(.text("a")))
    #expect(try session.client.answerClose().code == .normal)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.upstream.messages == 1)
    #expect(outcome.firstUpstreamMessage != nil)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }
}
