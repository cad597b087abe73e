import Glibc
import TestSupport
import Testing
import WebSocket
@testable import Relay

/// Sessions that begin without an upstream: what the client says and hears until there is one, and how they end.
@Suite struct RelayLobbyTests {
  private static let verdict = ClosePayload(code: CloseCode(rawValue: 4001), reason: "Enough")

  @Test func tellsBeforeThereIsAnUpstream() throws {
    let lobby = try LobbyBench(owed: FrameHeader.frame(opcode: .text, payload: Array("101".utf8)))
    #expect(try lobby.client.next() == .message(.text("101")))
    try lobby.client.send("say hello")
    #expect(try lobby.client.next() == .message(.text("hello")))
    // In fragments, with a ping between, and cut anywhere.
    let pieces = lobby.client.frame(.text, Array("say in ".utf8), fin: false) + lobby.client.frame(.ping, [7])
    for byte in pieces { try lobby.client.send(raw: [byte]) }
    #expect(try lobby.client.next() == .pong([7]))
    for byte in lobby.client.frame(.continuation, Array("pieces".utf8)) { try lobby.client.send(raw: [byte]) }
    #expect(try lobby.client.next() == .message(.text("in pieces")))
    // Nobody is there to hear it.
    try lobby.client.send("for the upstream")
    try lobby.client.send("say still here")
    #expect(try lobby.client.next() == .message(.text("still here")))
    #expect(lobby.asked.isEmpty)
    try lobby.leave()
  }

  @Test func takesWhatCameWithTheRequest() throws {
    let early = Message.text("say early").frame(maskKey: 5) + Message.text("dial").frame(maskKey: 6)
    let lobby = try LobbyBench(early: early)
    #expect(try lobby.client.next() == .message(.text("early")))
    try lobby.waitForQuestion()
    try lobby.leave()
  }

  @Test func attachesAndRelays() throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect()
    #expect(lobby.asked == [.upstream])
    for message in [Message.text("up"), .binary([1, 2, 3]), .text(""), .binary([UInt8](repeating: 9, count: 200_000))] {
      try lobby.client.send(message)
      #expect(try upstream.next() == .message(message))
      try upstream.send(message)
      #expect(try lobby.client.next() == .message(message))
    }
    // The lobby hears all of it.
    try lobby.client.send("say between")
    #expect(try lobby.client.next() == .message(.text("between")))
    try lobby.client.send(.ping, [1])
    #expect(try lobby.client.next() == .pong([1]))
    try upstream.send(.ping, [2])
    #expect(try upstream.next() == .pong([2]))
    try lobby.client.sendClose(1_000, "bye")
    #expect(try upstream.answerClose() == ClosePayload(code: .normal, reason: "bye"))
    #expect(try lobby.client.next() == .close(ClosePayload(code: .normal, reason: "bye")))
    let outcome = try lobby.outcome()
    #expect(outcome.closedBy == .downstream && outcome.code == .normal)
    // `dial`, four, `say`; four came back.
    #expect(outcome.downstream.messages == 6 && outcome.upstream.messages == 4)
    #expect(outcome.firstUpstreamMessage.map { $0 <= outcome.duration } == true)
    lobby.client.close()
    upstream.close()
    try lobby.bench.finish()
  }

  /// A lobby that has nothing more to say lets everything pass: words that were meant for it, and messages in pieces.
  @Test(arguments: [nil, DeflateParameters()] as [DeflateParameters?])
  func leaves(compression: DeflateParameters?) throws {
    let diary = Observer.Diary()
    let lobby = try LobbyBench(down: compression) { PlainLobby(keepsClient: false) }
    let upstream = try lobby.connect(inspectors: { Inspectors(downstream: Observer(diary: diary)) })
    try lobby.client.send("say here")
    #expect(try lobby.client.next() == .message(.text("here")))
    // In one read with what follows, which is in pieces.
    let last = lobby.client.frame(.text, Array("leave".utf8)) + lobby.client.frame(.text, Array("half".utf8), fin: false)
    try lobby.client.send(raw: last)
    #expect(try upstream.next() == .message(.text("leave")))
    try lobby.client.send(raw: lobby.client.frame(.ping, [3]) + lobby.client.frame(.continuation, Array("way".utf8)))
    #expect(try lobby.client.next() == .pong([3]))
    #expect(try upstream.next() == .message(.text("halfway")))
    // Compressed messages have to be made anew, so the lobby goes on hearing them.
    if compression == nil {
      for text in ["say nothing", "dial", "close"] {
        try lobby.client.send(.text(text))
        #expect(try upstream.next() == .message(.text(text)))
      }
      for message in [Message.binary([UInt8](repeating: 7, count: 300_000)), .text("end")] {
        try lobby.client.send(message)
        #expect(try upstream.next() == .message(message))
      }
      #expect(lobby.asked.count == 1)
    }
    try upstream.send("back")
    #expect(try lobby.client.next() == .message(.text("back")))
    try upstream.sendClose(1_000, "bye")
    #expect(try lobby.client.answerClose() == ClosePayload(code: .normal, reason: "bye"))
    let outcome = try lobby.outcome()
    // `dial`, `say`, `leave` and what came after it.
    #expect(outcome.downstream.messages == (compression == nil ? 9 : 4) && outcome.upstream.messages == 1)
    // And what the lobby itself says to an upstream.
    #expect(diary.seen.count == (compression == nil ? 9 : 4))
    lobby.client.close()
    upstream.close()
    try lobby.bench.finish()
  }

  /// What is owed to the upstream comes first, then what the lobby forwards; what the upstream said before it was handed over follows.
  @Test func orderAtTheStart() throws {
    let lobby = try LobbyBench()
    try lobby.client.send("dial")
    try lobby.waitForQuestion()
    let upstream = try lobby.attach(
      early: Message.text("early").frame(maskKey: nil), owed: Message.text("opening").frame(maskKey: 3))
    #expect(try upstream.next() == .message(.text("opening")))
    #expect(try upstream.next() == .message(.text("first")))
    #expect(try upstream.next() == .message(.binary([2])))
    #expect(try lobby.client.next() == .message(.text("attached")))
    #expect(try lobby.client.next() == .message(.text("early")))
    upstream.close()
    lobby.client.close()
    _ = try lobby.outcome()
    try lobby.bench.finish()
  }

  // MARK: Upstreams that come and go

  @Test func upstreamClosesAndComesBack() throws {
    let lobby = try LobbyBench()
    for round in 0..<3 {
      let upstream = try lobby.connect()
      try upstream.send("round \(round)")
      #expect(try lobby.client.next() == .message(.text("round \(round)")))
      try upstream.sendClose(1_001, "leaving")
      #expect(try upstream.next() == .close(ClosePayload(code: .goingAway, reason: "leaving")))
      #expect(try lobby.client.next() == .message(.text("closed")))
      try lobby.client.send("nobody hears this")
      try lobby.client.send("say here")
      #expect(try lobby.client.next() == .message(.text("here")))
      if round == 1 { upstream.reset() } else { #expect(try upstream.read() == nil) }
    }
    try lobby.client.sendClose(1_000)
    #expect(try lobby.client.next() == .close(ClosePayload(code: .normal)))
    let outcome = try lobby.outcome()
    #expect(outcome.closedBy == .downstream && outcome.cause == "closed" && outcome.code == .normal)
    #expect(outcome.upstream.messages == 3)
    lobby.client.close()
    try lobby.bench.finish()
  }

  /// Silence costs the upstream its place, not the client.
  @Test func upstreamThatIsIdle() throws {
    var terms = Bench.terms
    terms.upstream.idle = 200
    let lobby = try LobbyBench(terms)
    for _ in 0..<2 {
      let upstream = try lobby.connect(terms)
      #expect(try upstream.next() == .close(ClosePayload(code: .goingAway, reason: "Upstream idle")))
      #expect(try lobby.client.next() == .message(.text("dismissed")))
      #expect(try upstream.read() == nil)
      try lobby.client.send("say here")
      #expect(try lobby.client.next() == .message(.text("here")))
    }
    try lobby.leave()
  }

  enum Loss: CaseIterable {
    case finished, reset, violation
  }

  @Test(arguments: Loss.allCases)
  func upstreamIsLost(_ loss: Loss) throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect()
    try upstream.send("last words")
    #expect(try lobby.client.next() == .message(.text("last words")))
    switch loss {
    case .finished: upstream.finish()
    case .reset: upstream.reset()
    case .violation: try upstream.send(raw: [0xF1, 0])
    }
    #expect(try lobby.client.next() == .message(.text("lost")))
    if loss == .violation {
      #expect(try upstream.next() == .close(ClosePayload(code: .protocolError, reason: "Reserved bits must be zero")))
    }
    let next = try lobby.connect()
    try lobby.client.send("again")
    #expect(try next.next() == .message(.text("again")))
    upstream.close()
    next.close()
    #expect(try lobby.client.next() == .message(.text("lost")))
    try lobby.leave()
  }

  /// Nothing can be said behind a message that was cut: the session ends as any other.
  @Test(arguments: [false, true])
  func upstreamIsLostInsideAMessage(betweenFrames: Bool) throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect()
    let fragment = upstream.frame(.text, Array("half of it".utf8), fin: false)
    let cut = betweenFrames ? fragment : Array(fragment.dropLast(3))
    try upstream.send(raw: cut)
    #expect(try lobby.client.receive(cut.count) == cut)
    upstream.reset()
    let close = FrameHeader.frame(opcode: .close, payload: ClosePayload(code: .internalError, reason: "Proxy error").encoded)
    let rest = betweenFrames ? close : []
    #expect(try lobby.client.receive(rest.count) == rest)
    if betweenFrames { try lobby.client.sendClose(1_011) }
    #expect(try lobby.client.read() == nil)
    let outcome = try lobby.outcome()
    #expect(outcome.closedBy == .upstream && outcome.cause == "lost")
    lobby.client.close()
    try lobby.bench.finish()
  }

  /// Where the client would have no way to ask for another upstream, it goes with this one.
  @Test func clientThatIsNotKept() throws {
    let lobby = try LobbyBench { PlainLobby(keepsClient: false) }
    let upstream = try lobby.connect()
    try upstream.sendClose(4_999, "over")
    #expect(try lobby.client.answerClose() == ClosePayload(code: CloseCode(rawValue: 4_999), reason: "over"))
    #expect(try upstream.next() == .close(ClosePayload(code: CloseCode(rawValue: 4_999), reason: "over")))
    let outcome = try lobby.outcome()
    #expect(outcome.closedBy == .upstream)
    lobby.client.close()
    upstream.close()
    try lobby.bench.finish()
  }

  @Test func secondUpstreamIsClosed() throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect()
    let second = try lobby.attach()
    #expect(try second.read() == nil)
    try lobby.client.send("still the first")
    #expect(try upstream.next() == .message(.text("still the first")))
    second.close()
    upstream.close()
    #expect(try lobby.client.next() == .message(.text("lost")))
    try lobby.leave()
  }

  // MARK: Answers

  @Test func answers() throws {
    let lobby = try LobbyBench()
    try lobby.client.send("check secret")
    try lobby.waitForQuestion()
    #expect(lobby.asked == [.credential("secret")] && !"\(lobby.asked)".contains("secret"))
    lobby.answer(.accepted)
    #expect(try lobby.client.next() == .message(.text("accepted")))
    lobby.answer(.noUpstream)
    #expect(try lobby.client.next() == .message(.text("no upstream")))
    lobby.answer(.rejected)
    #expect(try lobby.client.next() == .message(.text("rejected")))
    #expect(try lobby.client.answerClose() == Self.verdict)
    // Too late.
    lobby.answer(.accepted)
    #expect(try lobby.client.rest().isEmpty)
    let outcome = try lobby.outcome()
    #expect(outcome.closedBy == .gateway && outcome.cause == "test_end" && outcome.code == Self.verdict.code)
    lobby.client.close()
    try lobby.bench.finish()
  }

  /// The session is gone, or going, when what it asked for comes.
  @Test(arguments: [false, true])
  func lateAnswers(isGone: Bool) throws {
    let lobby = try LobbyBench()
    try lobby.client.send("dial")
    try lobby.waitForQuestion()
    if isGone {
      lobby.client.reset()
      _ = try lobby.outcome()
    } else {
      lobby.bench.reactor.close(session: LobbyBench.id, PlainLobby.end)
      #expect(try lobby.client.next() == .close(Self.verdict))
    }
    let upstream = try lobby.attach()
    #expect(try upstream.read() == nil)
    lobby.answer(.end(PlainLobby.end))
    lobby.client.close()
    upstream.close()
    _ = try lobby.outcome()
    try lobby.bench.finish()
  }

  @Test func reactorThatHasStopped() throws {
    let lobby = try LobbyBench()
    try lobby.leave()
    let upstream = try lobby.attach()
    #expect(try upstream.read() == nil)
    upstream.close()
  }

  /// At any moment either end may go: the session is reported once, and no socket stays.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func chance(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for turn in 0..<25 {
      let lobby = try LobbyBench()
      var upstreams: [Peer] = []
      for _ in 0..<random.number(0...6) {
        switch random.number(0...5) {
        case 0: try? lobby.client.send("dial")
        case 1: upstreams.append(try lobby.attach())
        case 2: upstreams.last?.reset()
        case 3: try? upstreams.last?.sendClose(1_000)
        case 4: lobby.answer(random.chance(0.5) ? .accepted : .noUpstream)
        default: try? lobby.client.send("say \(turn)")
        }
      }
      switch random.number(0...2) {
      case 0: lobby.client.reset()
      case 1: lobby.client.close()
      default:
        lobby.bench.reactor.close(session: LobbyBench.id, PlainLobby.end)
        lobby.client.close()
      }
      for upstream in upstreams { upstream.close() }
      _ = try lobby.outcome()
      try lobby.bench.finish()
    }
  }
}
