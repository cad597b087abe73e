import Glibc
import Telemetry
import WebSocket
@testable import Relay

/// A reactor of a test's own, with sessions whose far ends the test holds.
final class Bench {
  struct Session {
    let id: UInt64
    let client: Peer
    let upstream: Peer
    /// The reactor's own descriptors, to look at; they may be closed at any time.
    let downstreamDescriptor: Int32
    let upstreamDescriptor: Int32
    let sockets: [UInt64]
  }

  let counters = ReactorCounters()
  let reactor: Reactor
  private var ledger = Ledger()
  private var ids: [UInt64] = []
  private var sockets: Set<UInt64> = []

  /// Clocks that no test waits for, except for those it sets.
  static let terms = RelayTerms(closeTimeout: 60_000, linger: 60_000)

  init(readSize: Int = 64 << 10) throws {
    guard let reactor = Reactor(counters: counters, readSize: readSize), reactor.start() else {
      throw Peer.Failure(description: "no reactor")
    }
    self.reactor = reactor
  }

  deinit { reactor.stop() }

  /// - Parameters:
  ///   - down: what was agreed with the client for compression.
  ///   - up: what was agreed with the upstream.
  func open(
    _ terms: RelayTerms = Bench.terms, _ kind: SocketPair.Kind = .tcp, buffer: Int32? = nil, fromClient: [UInt8] = [],
    fromUpstream: [UInt8] = [], owedToClient: [UInt8] = [], owedToUpstream: [UInt8] = [], down: DeflateParameters? = nil,
    up: DeflateParameters? = nil, inspectors: (@Sendable () -> Inspectors)? = nil
  ) throws -> Session {
    let downPair = try SocketPair(kind, buffer: buffer)
    let upPair = try SocketPair(kind, buffer: buffer)
    let client = Peer(.client, on: downPair.far, compression: down)
    let session = note(downPair, upPair, client: client, upstream: Peer(.server, on: upPair.far, compression: up))
    var downstream = LegTransport(descriptor: Descriptor(adopting: downPair.near), tls: nil, received: fromClient, owed: owedToClient)
    var upstream = LegTransport(descriptor: Descriptor(adopting: upPair.near), tls: nil, received: fromUpstream, owed: owedToUpstream)
    downstream.compression = down.map { LegTransport.Compression($0, DeflateSettings()) }
    upstream.compression = up.map { LegTransport.Compression($0, DeflateSettings()) }
    start(session, terms, downstream, upstream, inspectors: inspectors)
    return session
  }

  func note(_ down: SocketPair, _ up: SocketPair, client: Peer, upstream: Peer) -> Session {
    let own = [down.near, up.near].compactMap { SocketPair.identity(of: $0) }
    let session = Session(
      id: UInt64(ids.count + 1), client: client, upstream: upstream, downstreamDescriptor: down.near, upstreamDescriptor: up.near,
      sockets: own)
    ids.append(session.id)
    sockets.formUnion(own)
    return session
  }

  func start(
    _ session: Session, _ terms: RelayTerms, _ downstream: consuming LegTransport, _ upstream: consuming LegTransport,
    inspectors: (@Sendable () -> Inspectors)? = nil
  ) {
    let ledger = ledger
    reactor.open(
      RelayParcel(id: session.id, downstream: downstream, upstream: upstream, terms: SharedTerms(terms), makeInspectors: inspectors) {
        ledger.note($0)
      })
  }

  /// A session with a lobby; without an upstream unless one is given.
  func start(
    lobby: LobbyPlan, _ id: UInt64, _ terms: RelayTerms, _ downstream: consuming LegTransport, upstream: consuming LegTransport? = nil
  ) {
    let ledger = ledger
    reactor.open(
      RelayParcel(id: id, downstream: downstream, upstream: upstream, lobby: lobby, terms: SharedTerms(terms)) { ledger.note($0) })
  }

  /// A socket of the reactor's that must be closed in the end, and the session that it begins, if it does.
  func note(_ id: UInt64?, _ pair: SocketPair) {
    if let id { ids.append(id) }
    if let own = SocketPair.identity(of: pair.near) { sockets.insert(own) }
  }

  func outcome(of session: Session) throws -> SessionOutcome { try outcome(of: session.id) }

  func outcome(of id: UInt64) throws -> SessionOutcome { try ledger.outcome(of: id) }

  func hasReported(_ session: Session) -> Bool { !ledger.reports(of: session.id).isEmpty }

  /// Every session must be over by now: reported once, freed, its sockets closed.
  func finish() throws {
    reactor.stop()
    try Ledger.wait("all sessions to be freed") { isKnownUniquelyReferenced(&ledger) }
    for id in ids where ledger.reports(of: id).count != 1 {
      throw Peer.Failure(description: "session \(id) reported \(ledger.reports(of: id).count) times")
    }
    let left = SocketPair.allOpen().intersection(sockets)
    guard left.isEmpty else { throw Peer.Failure(description: "\(left.count) sockets are still open") }
  }
}
