import Glibc
import Testing
import WebSocket
@testable import Relay

/// One end does not read: the other is slowed down, memory stays bounded, and nothing is lost.
@Suite struct RelayBackpressureTests {
  static let buffer: Int32 = 16_384

  private static var terms: RelayTerms {
    var terms = Bench.terms
    terms.downstream.buffer = 32_768
    terms.upstream.buffer = 32_768
    return terms
  }

  /// Sends until the socket has taken nothing for a while; returns how much went out.
  private func flood(_ peer: Peer, _ bytes: [UInt8]) throws -> Int {
    var sent = 0
    while sent < bytes.count {
      let count = try peer.trySend(bytes, from: sent)
      sent += count
      if count == 0, !peer.isReady(POLLOUT, within: 300) { break }
    }
    return sent
  }

  private func sizeOfBuffers(_ peers: [Peer]) -> Int {
    peers.reduce(0) { sum, peer in
      var size: Int32 = 0
      var length = socklen_t(4)
      unsafe getsockopt(peer.descriptor, SOL_SOCKET, SO_SNDBUF, &size, &length)
      return sum + Int(size)
    }
  }

  @Test(arguments: [Party.downstream, .upstream], SocketPair.Kind.allCases)
  func stalledReader(sender: Party, kind: SocketPair.Kind) throws {
    var random = SeededFrames(seed: 3)
    let bench = try Bench(readSize: 16_384)
    let session = try bench.open(Self.terms, kind, buffer: Self.buffer)
    let (from, to) = sender == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    let stream = random.stream(sender: from.role, bytes: 24 << 20)
    let sent = try flood(from, stream.bytes)
    // Local sockets charge both queues to the sender's buffer, TCP has one at each end; each may be exceeded by one piece.
    let kernel = (sizeOfBuffers([from, to]) + 2 * 65_536) * (kind == .local ? 1 : 2)
    #expect(sent < kernel + 32_768 + 16_384)
    #expect(bench.counters.pauses > 0)
    // The other direction goes on.
    try to.send("still here")
    #expect(try from.next() == .message(.text("still here")))
    // Waiting costs no wake-ups.
    let wakeUps = bench.counters.wakeUps
    usleep(200_000)
    #expect(bench.counters.wakeUps - wakeUps < 20)

    let received = try Peer.pump(Array(stream.bytes[sent...]), from: from, to: to, count: stream.data.count)
    #expect(received == stream.data)
    try from.sendClose(1_000)
    #expect(try to.answerClose() == ClosePayload(code: .normal))
    #expect(try from.rest() == [.close(ClosePayload(code: .normal))])
    #expect(try bench.outcome(of: session).cause == "closed")
    from.close()
    to.close()
    try bench.finish()
  }

  /// Both flood and neither reads; then both do.
  @Test(arguments: SocketPair.Kind.allCases)
  func bothStall(kind: SocketPair.Kind) throws {
    var random = SeededFrames(seed: 4)
    let bench = try Bench(readSize: 16_384)
    let session = try bench.open(Self.terms, kind, buffer: Self.buffer)
    let up = random.stream(sender: .client, bytes: 4 << 20), down = random.stream(sender: .server, bytes: 4 << 20)
    let sentUp = try flood(session.client, up.bytes)
    let sentDown = try flood(session.upstream, down.bytes)
    #expect(sentUp < up.bytes.count && sentDown < down.bytes.count)
    #expect(try Peer.pump(Array(up.bytes[sentUp...]), from: session.client, to: session.upstream, count: up.data.count) == up.data)
    #expect(try Peer.pump(Array(down.bytes[sentDown...]), from: session.upstream, to: session.client, count: down.data.count) == down.data)
    session.client.reset()
    session.upstream.reset()
    try bench.finish()
  }

  /// A client that has taken little says goodbye behind a full queue; what waits for it still comes before the answer.
  @Test func closeBehindAFullQueue() throws {
    var random = SeededFrames(seed: 5)
    let bench = try Bench(readSize: 16_384)
    let session = try bench.open(Self.terms, .tcp, buffer: Self.buffer)
    let stream = random.stream(sender: .server, bytes: 2 << 20)
    let sent = try flood(session.upstream, stream.bytes)
    try session.client.sendClose(4_010, "enough")
    #expect(try session.upstream.next() == .close(ClosePayload(code: CloseCode(rawValue: 4_010), reason: "enough")))
    let rest = Array(stream.bytes[sent...]) + session.upstream.frame(.close, [15, 170])
    let received = try Peer.pump(rest, from: session.upstream, to: session.client, count: stream.data.count + 4)
    #expect(received == stream.data + [0x88, 2, 15, 170])
    #expect(try session.client.read() == nil)
    #expect(try bench.outcome(of: session).reason == "enough")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// The close deadline does not cut a leg that still drains, and does cut one that does not.
  @Test func deadlineSparesWhoDrains() throws {
    var random = SeededFrames(seed: 6)
    var terms = Self.terms
    terms.closeTimeout = 250
    terms.linger = 100
    terms.downstream.buffer = 256 << 10
    let bench = try Bench(readSize: 16_384)
    for drains in [true, false] {
      let session = try bench.open(terms, .local, buffer: Self.buffer)
      let stream = random.stream(sender: .server, bytes: 200_000)
      try session.upstream.send(raw: stream.bytes + session.upstream.frame(.close, [3, 232]))
      var received: [UInt8] = []
      while let more = try session.client.read() {
        received += more
        usleep(drains ? 20_000 : 700_000)
      }
      #expect(received == stream.data + [0x88, 2, 3, 232] || (!drains && stream.data.starts(with: received)))
      #expect(try bench.outcome(of: session).code == .normal)
      #expect(try session.upstream.rest() == [.close(ClosePayload(code: .normal))])
    }
    try bench.finish()
  }
}
