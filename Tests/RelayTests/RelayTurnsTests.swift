import Glibc
import Synchronization
import Telemetry
import Testing
import WebSocket
@testable import Relay

/// Little comes that becomes much: whoever sends it does not keep the thread until it is through.
@Suite struct RelayTurnsTests {
  private static let alone = DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)

  /// Messages of 64 KB each, of which many fit into one read.
  private static func flood(_ peer: Peer, _ count: Int) -> [UInt8] {
    let message = Message.text(String(repeating: "a", count: 64 << 10))
    return (0..<count).flatMap { _ in peer.frame(message) }
  }

  private static var terms: RelayTerms {
    var terms = RelayTerms(closeTimeout: 100, linger: 100)
    terms.upstream.buffer = 256 << 20
    return terms
  }

  private struct Leg: ~Copyable {
    let peer: Peer
    var transport: LegTransport

    init(_ role: Role, compression: DeflateParameters? = nil) throws {
      let pair = try SocketPair()
      peer = Peer(role, on: pair.far, compression: compression)
      transport = LegTransport(descriptor: Descriptor(adopting: pair.near), tls: nil, received: [])
      transport.compression = compression.map { LegTransport.Compression($0, DeflateSettings(minimumSize: 0)) }
    }

    consuming func intoTransport() -> LegTransport { transport }
  }

  enum Kind: CaseIterable { case recoded, inspected, lobby }

  /// One session has everything it needs to end, behind a flood; another one, which comes after it, behind one message.
  @Test(arguments: Kind.allCases)
  func sessionsTakeTurns(kind: Kind) throws {
    let inbox = try #require(Inbox())
    let ledger = Ledger()
    let order = Mutex<[UInt64]>([])
    let note: @Sendable (SessionOutcome) -> Void = { outcome in
      order.withLock { $0.append(outcome.id) }
      ledger.note(outcome)
    }
    let flooding = try Leg(.client, compression: Self.alone)
    try flooding.peer.send(raw: Self.flood(flooding.peer, 60) + flooding.peer.frame(.close, [3, 232]))
    var peers = [flooding.peer]
    if kind == .lobby {
      let plan = LobbyPlan(strangerBytes: 1_000, make: { PlainLobby() }, ask: { _ in })
      inbox.post(.open(RelayParcel(id: 1, downstream: flooding.intoTransport(), lobby: plan, terms: SharedTerms(Self.terms), onEnd: note)))
    } else {
      let up = try Leg(.server, compression: kind == .inspected ? Self.alone : nil)
      try up.peer.sendClose(1_000)
      peers.append(up.peer)
      inbox.post(
        .open(
          RelayParcel(
            id: 1, downstream: flooding.intoTransport(), upstream: up.intoTransport(), terms: SharedTerms(Self.terms),
            makeInspectors: { kind == .inspected ? Inspectors(downstream: Observer { _ in false }) : Inspectors() }, onEnd: note)))
    }
    let down = try Leg(.client)
    let up = try Leg(.server)
    try down.peer.send("one")
    try down.peer.sendClose(1_000)
    try up.peer.sendClose(1_000)
    peers += [down.peer, up.peer]
    inbox.post(
      .open(RelayParcel(id: 2, downstream: down.intoTransport(), upstream: up.intoTransport(), terms: SharedTerms(Self.terms), onEnd: note))
    )
    inbox.post(.stop)
    ReactorLoop(inbox: inbox, counters: ReactorCounters(), readSize: 64 << 10)?.run()
    #expect(order.withLock { $0 } == [2, 1])
    #expect(try ledger.outcome(of: 1).downstream.messages == 60)
    #expect(try ledger.outcome(of: 2).downstream.messages == 1)
    for peer in peers { peer.close() }
  }

  /// The lobby hears no more than its upstream takes; all of it comes when that reads.
  @Test func lobbyWaitsForItsUpstream() throws {
    let lobby = try LobbyBench(down: Self.alone)
    var terms = Bench.terms
    terms.upstream.buffer = 32_768
    let upstream = try lobby.attach(terms, buffer: 16_384)
    #expect(try lobby.client.next() == .message(.text("attached")))
    let texts = (0..<200).map { "\($0) " + String(repeating: "a", count: 60_000) }
    try lobby.client.send(raw: texts.flatMap { lobby.client.frame(.text($0)) } + lobby.client.frame(.text("say all of it")))
    try Ledger.wait("the reactor to stop reading") { lobby.bench.counters.pauses > 0 }
    let heard = try #require(lobby.bench.look(at: LobbyBench.id)).downstream.messages
    #expect(heard > 0 && heard < 10)
    #expect(try upstream.next() == .message(.text("first")) && upstream.next() == .message(.binary([2])))
    for text in texts { #expect(try upstream.next() == .message(.text(text))) }
    #expect(try lobby.client.next() == .message(.text("all of it")))
    upstream.close()
    #expect(try lobby.client.next() == .message(.text("lost")))
    try lobby.leave()
  }

  /// A lobby that leaves in the middle of what waits: the rest passes, in order.
  @Test func lobbyLeavesWhileInputWaits() throws {
    let lobby = try LobbyBench { PlainLobby(keepsClient: false) }
    var terms = Bench.terms
    terms.upstream.buffer = 32_768
    let upstream = try lobby.attach(terms, buffer: 16_384)
    #expect(try lobby.client.next() == .message(.text("attached")))
    let texts = (0..<2_000).map { "\($0) " + String(repeating: "a", count: 100) }
    let frames = texts.map { lobby.client.frame(.text($0)) }
    try lobby.client.send(raw: frames[..<1_000].flatMap { $0 } + lobby.client.frame(.text("leave")) + frames[1_000...].flatMap { $0 })
    #expect(try upstream.next() == .message(.text("first")) && upstream.next() == .message(.binary([2])))
    for text in texts[..<1_000] + ["leave"] + texts[1_000...] { #expect(try upstream.next() == .message(.text(text))) }
    upstream.close()
    lobby.client.close()
    _ = try lobby.outcome()
    try lobby.bench.finish()
  }
}
