import Glibc
import Synchronization
import WebSocket
@testable import Relay

/// A lobby that does what the client's texts say.
///
/// `dial` and `check TOKEN` ask, `say TEXT` tells, `close` closes, `leave` is passed on as the last, `known` makes it no stranger, `relieve`
/// takes leave of the upstream, `repeat TEXT` is passed on unseen; anything else is passed on. What it hears of the upstream it tells.
final class PlainLobby: Lobby {
  private(set) var isStranger: Bool
  private let keepsClient: Bool
  var deadline: Int64?
  private let patience: Int64?

  init(isStranger: Bool = false, keepsClient: Bool = true, patience: Int64? = nil) {
    self.isStranger = isStranger
    self.keepsClient = keepsClient
    self.patience = patience
  }

  static let end = SessionEnd(name: "test_end", code: CloseCode(rawValue: 4001), reason: "Enough")

  static func tell(_ text: String) -> LobbyAction { .tell(Array(text.utf8)) }

  func keepsClient(after detachment: LobbyDetachment, now: Int64) -> Bool { keepsClient }

  func opened(now: Int64) -> [LobbyAction] {
    deadline = patience.map { now + $0 }
    return []
  }

  func receive(_ message: Message, now: Int64) -> [LobbyAction] {
    guard case .text(let text) = message else { return [.forward(message)] }
    let words = text.split(separator: " ", maxSplits: 1).map { String($0) }
    switch words.first {
    case "dial": return [.ask(.upstream)]
    case "check": return [.ask(.credential(words[1]))]
    case "say": return [Self.tell(words[1])]
    case "close": return [.close(Self.end)]
    case "leave": return [.forward(message), .leave]
    case "relieve": return [.relieve]
    case "repeat": return [.again(.text(words[1]))]
    case "known":
      isStranger = false
      return [Self.tell("known")]
    default: return [.forward(message)]
    }
  }

  func receive(_ answer: LobbyAnswer, now: Int64) -> [LobbyAction] {
    switch answer {
    case .accepted: [Self.tell("accepted")]
    case .rejected: [Self.tell("rejected"), .close(Self.end)]
    case .noUpstream: [Self.tell("no upstream")]
    case .end(let end): [.close(end)]
    }
  }

  func attached(now: Int64) -> [LobbyAction] { [.forward(.text("first")), .forward(.binary([2])), Self.tell("attached")] }

  func detached(_ detachment: LobbyDetachment, now: Int64) -> [LobbyAction] {
    if case .closed = detachment { [Self.tell("closed")] } else { [Self.tell("\(detachment)")] }
  }

  func receive(_ news: UpstreamNews, now: Int64) -> [LobbyAction] { [Self.tell("news: \(news)")] }

  func expired(now: Int64) -> [LobbyAction] {
    deadline = nil
    return [.close(Self.end)]
  }
}

/// A session with a lobby on a reactor of its own, and its upstreams.
final class LobbyBench {
  let bench: Bench
  let client: Peer
  private let questions = Questions()

  /// What the session has asked the control path.
  final class Questions: Sendable {
    private let asked = Mutex<[LobbyQuestion]>([])
    var all: [LobbyQuestion] { asked.withLock { $0 } }
    func note(_ question: LobbyQuestion) { asked.withLock { $0.append(question) } }
  }

  static let id: UInt64 = 1

  /// - Parameter upstream: that is there from the start.
  init(
    _ terms: RelayTerms = Bench.terms, _ kind: SocketPair.Kind = .tcp, buffer: Int32? = nil, early: [UInt8] = [], owed: [UInt8] = [],
    strangerBytes: Int = 1_000, down: DeflateParameters? = nil, upstream: SocketPair? = nil,
    lobby: @escaping @Sendable () -> any Lobby = { PlainLobby() }
  ) throws {
    bench = try Bench()
    let pair = try SocketPair(kind, buffer: buffer)
    client = Peer(.client, on: pair.far, compression: down)
    var downstream = LegTransport(descriptor: Descriptor(adopting: pair.near), tls: nil, received: early, owed: owed)
    downstream.compression = down.map { LegTransport.Compression($0, DeflateSettings()) }
    bench.note(Self.id, pair)
    let plan = LobbyPlan(strangerBytes: strangerBytes, make: lobby) { [questions] in questions.note($0) }
    if let upstream { bench.note(nil, upstream) }
    bench.start(
      lobby: plan, Self.id, terms, downstream,
      upstream: upstream.map { LegTransport(descriptor: Descriptor(adopting: $0.near), tls: nil, received: []) })
  }

  var asked: [LobbyQuestion] { questions.all }

  /// Waits until the session has asked so often.
  func waitForQuestion(_ count: Int = 1) throws {
    try Ledger.wait("question \(count)") { asked.count >= count }
  }

  func answer(_ answer: LobbyAnswer) { bench.reactor.answer(session: Self.id, answer) }

  /// Posts an upstream; the far end of it.
  func attach(
    _ terms: RelayTerms = Bench.terms, early: [UInt8] = [], owed: [UInt8] = [], up: DeflateParameters? = nil, buffer: Int32? = nil,
    inspectors: (@Sendable () -> Inspectors)? = nil
  ) throws -> Peer {
    let pair = try SocketPair(buffer: buffer)
    bench.note(nil, pair)
    var transport = LegTransport(descriptor: Descriptor(adopting: pair.near), tls: nil, received: early, owed: owed)
    transport.compression = up.map { LegTransport.Compression($0, DeflateSettings()) }
    bench.reactor.attach(
      UpstreamParcel(session: Self.id, transport: transport, terms: SharedTerms(terms), makeInspectors: inspectors))
    return Peer(.server, on: pair.far, compression: up)
  }

  /// Asks for an upstream and gets it, with everything that is said on that occasion.
  func connect(_ terms: RelayTerms = Bench.terms, up: DeflateParameters? = nil, inspectors: (@Sendable () -> Inspectors)? = nil) throws
    -> Peer
  {
    let count = asked.count
    try client.send("dial")
    try waitForQuestion(count + 1)
    let upstream = try attach(terms, up: up, inspectors: inspectors)
    guard try upstream.next() == .message(.text("first")), try upstream.next() == .message(.binary([2])),
      try client.next() == .message(.text("attached"))
    else { throw Peer.Failure(description: "the upstream was not attached as it should be") }
    return upstream
  }

  func outcome() throws -> SessionOutcome { try bench.outcome(of: Self.id) }

  /// Ends the session from the client's side, and checks that nothing is left.
  func leave() throws {
    try client.sendClose(1_000)
    guard case .close = try client.next() else { throw Peer.Failure(description: "no answer to the close") }
    client.close()
    try bench.finish()
  }
}
