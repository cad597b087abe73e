import Glibc
import Telemetry
import Testing
import WebSocket
@testable import Relay

@Suite struct ReactorTests {
  private func parcel(_ id: UInt64, _ down: SocketPair, _ up: SocketPair, _ ledger: Ledger) -> RelayParcel {
    RelayParcel(
      id: id, downstream: LegTransport(descriptor: Descriptor(adopting: down.near), tls: nil, received: []),
      upstream: LegTransport(descriptor: Descriptor(adopting: up.near), tls: nil, received: []), terms: SharedTerms(Bench.terms)
    ) { ledger.note($0) }
  }

  /// The loop on this very thread: it ends by itself, after the last session has.
  @Test func loopEndsAfterTheLastSession() throws {
    let inbox = try #require(Inbox())
    let ledger = Ledger()
    var peers: [Peer] = []
    for id in 1...20 as ClosedRange<UInt64> {
      let down = try SocketPair(.local), up = try SocketPair(.local)
      let client = Peer(.client, on: down.far), upstream = Peer(.server, on: up.far)
      try client.send("hello \(id)")
      try client.sendClose(1_000)
      try upstream.sendClose(1_000)
      client.finish()
      upstream.finish()
      peers += [client, upstream]
      inbox.post(.open(parcel(id, down, up, ledger)))
    }
    inbox.post(.stop)
    ReactorLoop(inbox: inbox, counters: ReactorCounters(), readSize: 4_096)?.run()
    for id in 1...20 as ClosedRange<UInt64> { #expect(ledger.reports(of: id).count == 1) }
    for peer in peers {
      let events = try peer.rest()
      #expect(events.last == .close(ClosePayload(code: .normal)))
      #expect(events.count == (peer.role == .server ? 2 : 1))
    }
  }

  @Test func loopWithoutSessionsStopsAtOnce() throws {
    let inbox = try #require(Inbox())
    inbox.post(.stop)
    let counters = ReactorCounters()
    ReactorLoop(inbox: inbox, counters: counters, readSize: 64)?.run()
    #expect(counters.wakeUps == 1)
  }

  /// A session that comes after the end is reported too, and its sockets are closed.
  @Test func sessionForAStoppedReactorIsReported() throws {
    for round in 0..<50 as Range<UInt64> {
      let reactor = try #require(Reactor(counters: ReactorCounters()))
      try #require(reactor.start())
      let ledger = Ledger()
      let down = try SocketPair(.local), up = try SocketPair(.local)
      let client = Peer(.client, on: down.far), upstream = Peer(.server, on: up.far)
      reactor.stop()
      if round % 2 == 0 { usleep(2_000) }
      reactor.open(parcel(1, down, up, ledger))
      client.finish()
      upstream.finish()
      let outcome = try ledger.outcome(of: 1)
      #expect(outcome.cause == "lost")
      while try client.read() != nil {}
      while try upstream.read() != nil {}
      #expect(ledger.reports(of: 1).count == 1)
    }
  }

  /// Never started, and dropped: nothing leaks.
  @Test func neverStarted() throws {
    let ledger = Ledger()
    let down = try SocketPair(.local), up = try SocketPair(.local)
    let client = Peer(.client, on: down.far), upstream = Peer(.server, on: up.far)
    do {
      let reactor = try #require(Reactor(counters: ReactorCounters()))
      reactor.open(parcel(1, down, up, ledger))
    }
    #expect(try client.read() == nil)
    #expect(try upstream.read() == nil)
  }

  /// An idle session costs the thread nothing.
  @Test func idleSessionsDoNotWakeTheThread() throws {
    let bench = try Bench()
    let session = try bench.open()
    try session.client.send("a")
    #expect(try session.upstream.next() == .message(.text("a")))
    let before = bench.counters.wakeUps
    usleep(300_000)
    #expect(bench.counters.wakeUps - before <= 1)
    session.client.reset()
    session.upstream.reset()
    try bench.finish()
  }
}
