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
    for byte in pieces + lobby.client.frame(.continuation, Array("pieces".utf8)) { try lobby.client.send(raw: [byte]) }
    #expect(try lobby.client.next() == .pong([7]))
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

  // MARK: Bounds

  /// A stranger may send so much; whoever is known what the terms allow.
  @Test func bytesOfStrangers() throws {
    let large = String(repeating: "x", count: 5_000)
    for isKnown in [false, true] {
      let lobby = try LobbyBench { PlainLobby(isStranger: true) }
      if isKnown {
        try lobby.client.send("known")
        #expect(try lobby.client.next() == .message(.text("known")))
        try lobby.client.send("say \(large)")
        #expect(try lobby.client.next() == .message(.text(large)))
        try lobby.leave()
      } else {
        try lobby.client.send("say \(large)")
        let close = try lobby.client.next()
        #expect(close == .close(ClosePayload(code: .policyViolation, reason: "Too many bytes before authentication")))
        lobby.client.close()
        #expect(try lobby.outcome().cause == "early_bytes")
        try lobby.bench.finish()
      }
    }
  }

  /// What travels small must not become large.
  @Test func inflatedBytesOfStrangers() throws {
    let lobby = try LobbyBench(down: DeflateParameters()) { PlainLobby(isStranger: true) }
    try lobby.client.send("say short and repeated and repeated and repeated")
    #expect(try lobby.client.next() == .message(.text("short and repeated and repeated and repeated")))
    try lobby.client.send(.text(String(repeating: "x", count: 5_000)))
    #expect(try lobby.client.next() == .close(ClosePayload(code: .messageTooBig, reason: "Message too big")))
    lobby.client.close()
    #expect(try lobby.outcome().code == .messageTooBig)
    try lobby.bench.finish()
  }

  /// A client that asks for answers and does not read them costs no more than its buffer.
  @Test func clientThatDoesNotRead() throws {
    var terms = Bench.terms
    terms.downstream.buffer = 4_096
    let lobby = try LobbyBench(terms, .local, buffer: 4_096)
    let request = lobby.client.frame(.text(String("say " + String(repeating: "y", count: 1_000))))
    for _ in 0..<2_000 { try lobby.client.send(raw: request) }
    try lobby.client.send("dial")
    try lobby.waitForQuestion()
    var heard = 0
    lobby.answer(.noUpstream)
    while try lobby.client.next() != .message(.text("no upstream")) { heard += 1 }
    #expect(heard > 0 && heard < 100, "\(heard)")
    try lobby.leave()
  }

  @Test func deadline() throws {
    let lobby = try LobbyBench { PlainLobby(patience: 100) }
    #expect(try lobby.client.answerClose() == Self.verdict)
    #expect(try lobby.client.rest().isEmpty)
    #expect(try lobby.outcome().cause == "test_end")
    lobby.client.close()
    try lobby.bench.finish()
  }

  @Test func closeByTheLobbyEndsTheUpstreamToo() throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect()
    try lobby.client.send("close")
    #expect(try lobby.client.answerClose() == Self.verdict)
    #expect(try upstream.answerClose() == ClosePayload(code: .normal, reason: "Session ended"))
    lobby.client.close()
    upstream.close()
    #expect(try lobby.outcome().closedBy == .gateway)
    try lobby.bench.finish()
  }

  @Test func clientBreaksTheProtocol() throws {
    let lobby = try LobbyBench()
    try lobby.client.send(raw: lobby.client.frame(.text("say before")) + [0xF1, 0x80, 0, 0, 0, 0])
    #expect(try lobby.client.next() == .message(.text("before")))
    #expect(try lobby.client.next() == .close(ClosePayload(code: .protocolError, reason: "Reserved bits must be zero")))
    lobby.client.close()
    #expect(try lobby.outcome().closedBy == .downstream)
    try lobby.bench.finish()
  }

  // MARK: Compression and inspection

  /// Whatever the two ends agreed to, over several upstreams: what an upstream compresses never refers to one before it.
  @Test(arguments: [(true, true), (true, false), (false, true)])
  func compression(_ sides: (down: Bool, up: Bool)) throws {
    var random = SeededGenerator(seed: 7)
    let lobby = try LobbyBench(down: sides.down ? DeflateParameters() : nil)
    for round in 0..<3 {
      let upstream = try lobby.connect(up: sides.up ? DeflateParameters() : nil)
      for length in [10, 500, 40_000] {
        let message = Message.text("\(round) " + String(decoding: random.phrases(length), as: UTF8.self))
        try lobby.client.send(message)
        #expect(try upstream.next() == .message(message))
        try upstream.send(message)
        #expect(try lobby.client.next() == .message(message))
      }
      try upstream.sendClose(1_000)
      #expect(try lobby.client.next() == .message(.text("closed")))
      upstream.close()
    }
    try lobby.leave()
  }

  @Test func inspectors() throws {
    let lobby = try LobbyBench()
    let diary = Observer.Diary()
    for _ in 0..<2 {
      let upstream = try lobby.connect {
        Inspectors(
          downstream: Observer([2: .tell(Array("told".utf8))], audio: 1_000, diary: diary),
          upstream: Observer([0: .reply(Array("replied".utf8))], audio: 20))
      }
      try lobby.client.send("inspected")
      #expect(try upstream.next() == .message(.text("inspected")))
      #expect(try lobby.client.next() == .message(.text("told")))
      try upstream.send("asks")
      #expect(try upstream.next() == .message(.text("replied")))
      #expect(try lobby.client.next() == .message(.text("asks")))
      try upstream.sendClose(1_000)
      #expect(try lobby.client.next() == .message(.text("closed")))
      // Whether or not it waits for the answer.
      upstream.close()
    }
    #expect(
      diary.seen.map(\.payload) == [Array("first".utf8), [2], Array("inspected".utf8)] + [
        Array("first".utf8), [2], Array("inspected".utf8),
      ])
    try lobby.client.sendClose(1_000)
    let outcome = try lobby.outcome()
    #expect(outcome.downstream.audio == 2_000 && outcome.upstream.audio == 40)
    lobby.client.close()
    try lobby.bench.finish()
  }

  @Test func inspectorThatEndsTheSession() throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect { Inspectors(downstream: Observer([2: .end(PlainLobby.end, tell: Array("why".utf8))])) }
    try lobby.client.send("too much")
    #expect(try lobby.client.next() == .message(.text("why")))
    #expect(try lobby.client.answerClose() == Self.verdict)
    #expect(try upstream.answerClose() == ClosePayload(code: .normal, reason: "Session ended"))
    lobby.client.close()
    upstream.close()
    #expect(try lobby.outcome().cause == "test_end")
    try lobby.bench.finish()
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
