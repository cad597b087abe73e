import Glibc
import TestSupport
import Testing
import WebSocket
@testable import Relay

/// What the gateway says in a session by itself, and when.
@Suite struct RelayAttendantTests {
  private static let bye = Array("bye".utf8)
  private static let sessionEnded = ClosePayload(code: .normal, reason: "Session ended")
  private static let end = SessionEnd(name: "test_limit", code: .tryAgainLater, reason: "Enough")
  private static let verdict = ClosePayload(code: .tryAgainLater, reason: "Enough")

  private static func message(_ text: String) -> MessageEvent { .message(.text(text)) }

  /// Says its last to the upstream; the upstream's message of that number is the answer.
  private func open(_ bench: Bench, patience: Int64, answer: Int = 1) throws -> Bench.Session {
    try bench.open {
      Inspectors(
        upstream: Observer([answer: .parted]), attendant: Herald(farewell: Farewell([Self.bye], patience: patience)))
    }
  }

  @Test(arguments: [false, true])
  func speaksInSilence(isCompressed: Bool) throws {
    let bench = try Bench()
    let session = try bench.open(up: isCompressed ? DeflateParameters() : nil) {
      Inspectors(attendant: Herald(every: 50, saying: .several([.reply(Array("alive".utf8)), .tell(Array("told".utf8))])))
    }
    for _ in 0..<3 {
      #expect(try session.upstream.next() == Self.message("alive"))
      #expect(try session.client.next() == Self.message("told"))
    }
    session.client.reset()
    session.upstream.reset()
    _ = try bench.outcome(of: session)
    try bench.finish()
  }

  /// A client that stops in the middle of a message is not interrupted, however long that takes.
  @Test(arguments: [false, true])
  func neverInsideAMessage(betweenFrames: Bool) throws {
    let bench = try Bench()
    let diary = Herald.Diary()
    let session = try bench.open { Inspectors(attendant: Herald(every: 30, saying: .reply(Array("alive".utf8)), diary: diary)) }
    let fragments = session.client.frame(.text, Array("first ".utf8), fin: false) + session.client.frame(.continuation, Array("last".utf8))
    let cut = betweenFrames ? session.client.frame(.text, Array("first ".utf8), fin: false).count : 9
    try session.client.send(raw: Array(fragments[..<cut]))
    // What it says before the message has begun goes out.
    let begun = diary.count
    try Ledger.wait("the attendant to speak") { diary.count >= begun + 3 }
    try session.client.send(raw: Array(fragments[cut...]))
    var heard: [MessageEvent] = []
    while heard.last != Self.message("first last") { heard.append(try session.upstream.next()) }
    #expect(heard.dropLast().allSatisfy { $0 == Self.message("alive") })
    #expect(try session.upstream.next() == Self.message("alive"))
    session.client.reset()
    session.upstream.reset()
    _ = try bench.outcome(of: session)
    try bench.finish()
  }

  /// An inspector can bring it forward.
  @Test func deadlineThatBecomesSooner() throws {
    final class Hurrying: Inspector {
      let herald: Herald
      let audio: Int64? = nil
      init(_ herald: Herald) { self.herald = herald }
      func begin(isText: Bool) -> Bool { false }
      func consume(_ run: UnsafeRawBufferPointer) {}
      func end(bytes: UInt64, now: Int64) -> Inspection {
        herald.deadline = now
        return .wake
      }
    }
    let bench = try Bench()
    let session = try bench.open {
      let herald = Herald(every: 3_600_000, saying: .reply(Array("now".utf8)))
      return Inspectors(downstream: Hurrying(herald), attendant: herald)
    }
    try session.client.send("go")
    #expect(try session.upstream.next() == Self.message("go"))
    #expect(try session.upstream.next() == Self.message("now"))
    session.client.reset()
    session.upstream.reset()
    _ = try bench.outcome(of: session)
    try bench.finish()
  }

  @Test(arguments: [false, true])
  func endsTheSession(byClock: Bool) throws {
    let bench = try Bench()
    let finish = Inspection.finish(Self.end, tell: Array("why".utf8))
    let session = try bench.open {
      byClock ? Inspectors(attendant: Herald(every: 50, saying: finish)) : Inspectors(upstream: Observer([0: finish]))
    }
    if !byClock {
      // The message that ends it is a whole one.
      try session.upstream.send("done")
      #expect(try session.client.next() == Self.message("done"))
    }
    #expect(try session.client.next() == Self.message("why"))
    #expect(try session.client.answerClose() == Self.verdict)
    #expect(try session.upstream.answerClose() == Self.sessionEnded)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .gateway && outcome.cause == "test_limit")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  // MARK: Farewell

  @Test func farewellComesBeforeTheClose() throws {
    let bench = try Bench()
    let session = try open(bench, patience: 0)
    try session.client.sendClose(1_000, "done")
    #expect(try session.upstream.next() == Self.message("bye"))
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal, reason: "done"))
    #expect(try session.client.next() == .close(ClosePayload(code: .normal, reason: "done")))
    #expect(try bench.outcome(of: session).closedBy == .downstream)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Everything that the upstream still has to say reaches the client before its own Close is answered.
  @Test func lastWordsAreHeard() throws {
    let bench = try Bench()
    let session = try open(bench, patience: 3_600_000)
    try session.client.sendClose(1_000)
    #expect(try session.upstream.next() == Self.message("bye"))
    try session.upstream.send("last words")
    try session.upstream.send("that was it")
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal))
    #expect(try session.client.next() == Self.message("last words"))
    #expect(try session.client.next() == Self.message("that was it"))
    #expect(try session.client.next() == .close(ClosePayload(code: .normal)))
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .downstream && outcome.upstream.messages == 2)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  @Test func patienceEnds() throws {
    let bench = try Bench()
    let session = try open(bench, patience: 100)
    try session.client.sendClose(4_000, "mine")
    #expect(try session.upstream.next() == Self.message("bye"))
    #expect(try session.upstream.answerClose() == ClosePayload(code: CloseCode(rawValue: 4_000), reason: "mine"))
    #expect(try session.client.next() == .close(ClosePayload(code: CloseCode(rawValue: 4_000), reason: "mine")))
    _ = try bench.outcome(of: session)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Many vendors close by themselves then, or just go.
  @Test(arguments: [false, true])
  func upstreamGoesAfterTheFarewell(withClose: Bool) throws {
    let bench = try Bench()
    let session = try open(bench, patience: 3_600_000)
    try session.client.sendClose(1_000)
    #expect(try session.upstream.next() == Self.message("bye"))
    if withClose {
      try session.upstream.sendClose(1_000, "all said")
      #expect(try session.upstream.next() == .close(ClosePayload(code: .normal)))
      #expect(try session.client.next() == .close(ClosePayload(code: .normal, reason: "all said")))
    } else {
      session.upstream.reset()
      #expect(try session.client.next() == .close(ClosePayload(code: .normal)))
    }
    #expect(try bench.outcome(of: session).closedBy == .downstream)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// The client hears the gateway's Close at once, and need not wait for the upstream.
  @Test func farewellOfTheGateway() throws {
    let bench = try Bench()
    let session = try open(bench, patience: 3_600_000)
    bench.reactor.close(session: session.id, Self.end)
    #expect(try session.client.answerClose() == Self.verdict)
    session.client.close()
    #expect(try session.upstream.next() == Self.message("bye"))
    #expect(!bench.hasReported(session))
    try session.upstream.send("last words")
    try session.upstream.send("that was it")
    #expect(try session.upstream.answerClose() == Self.sessionEnded)
    let outcome = try bench.outcome(of: session)
    #expect(outcome.closedBy == .gateway && outcome.upstream.messages == 2)
    session.upstream.close()
    try bench.finish()
  }

  @Test func clientIsLost() throws {
    let bench = try Bench()
    let session = try open(bench, patience: 3_600_000, answer: 0)
    session.client.reset()
    #expect(try session.upstream.next() == Self.message("bye"))
    try session.upstream.send("that was it")
    #expect(try session.upstream.answerClose() == ClosePayload(code: .internalError, reason: "Proxy error"))
    #expect(try bench.outcome(of: session).cause == "lost")
    session.upstream.close()
    try bench.finish()
  }

  /// Nothing can be said behind a message that was cut; the Close can.
  @Test func clientIsLostInsideAMessage() throws {
    let bench = try Bench()
    let session = try open(bench, patience: 3_600_000)
    let fragment = session.client.frame(.text, Array("half of it".utf8), fin: false)
    try session.client.send(raw: fragment)
    #expect(try session.upstream.receive(fragment.count) == fragment)
    session.client.reset()
    let close = try session.upstream.receive(8)
    #expect(close[0] == 0x88)
    session.upstream.close()
    #expect(try bench.outcome(of: session).cause == "lost")
    try bench.finish()
  }

  /// A vendor that closes first wants to hear nothing.
  @Test func noneForAnUpstreamThatCloses() throws {
    let bench = try Bench()
    let session = try open(bench, patience: 3_600_000)
    try session.upstream.sendClose(1_001)
    #expect(try session.client.answerClose() == ClosePayload(code: .goingAway))
    #expect(try session.upstream.next() == .close(ClosePayload(code: .goingAway)))
    _ = try bench.outcome(of: session)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  // MARK: Sessions with a lobby

  /// Each upstream has an attendant of its own.
  @Test func upstreamsOfALobby() throws {
    let lobby = try LobbyBench()
    for _ in 0..<2 {
      let upstream = try lobby.connect {
        Inspectors(attendant: Herald(every: 50, saying: .reply(Array("alive".utf8)), farewell: Farewell([Self.bye], patience: 0)))
      }
      #expect(try upstream.next() == Self.message("alive"))
      try upstream.sendClose(1_000)
      #expect(try lobby.client.next() == Self.message("closed"))
      upstream.close()
    }
    let upstream = try lobby.connect { Inspectors(attendant: Herald(farewell: Farewell([Self.bye], patience: 0))) }
    try lobby.client.sendClose(1_000)
    #expect(try upstream.next() == Self.message("bye"))
    #expect(try upstream.answerClose() == ClosePayload(code: .normal))
    #expect(try lobby.client.next() == .close(ClosePayload(code: .normal)))
    lobby.client.close()
    upstream.close()
    _ = try lobby.outcome()
    try lobby.bench.finish()
  }

  /// An upstream that is let go costs a client nothing that could ask for another one.
  @Test(arguments: [false, true])
  func letsTheUpstreamGo(keepsClient: Bool) throws {
    let lobby = try LobbyBench { PlainLobby(keepsClient: keepsClient) }
    let upstream = try lobby.connect {
      Inspectors(attendant: Herald(every: 50, saying: .leave(Self.end, .lost), farewell: Farewell([Self.bye], patience: 0)))
    }
    #expect(try upstream.next() == Self.message("bye"))
    #expect(try upstream.answerClose() == Self.sessionEnded)
    if keepsClient {
      #expect(try lobby.client.next() == Self.message("lost"))
      upstream.close()
      try lobby.leave()
    } else {
      #expect(try lobby.client.answerClose() == Self.verdict)
      #expect(try lobby.outcome().cause == "test_limit")
      lobby.client.close()
      upstream.close()
      try lobby.bench.finish()
    }
  }

  // MARK: Messages that do not pass as they are

  /// Legs that compress, or do not.
  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func dropsAndReplaces(_ sides: (down: Bool, up: Bool)) throws {
    let bench = try Bench()
    let session = try bench.open(down: sides.down ? DeflateParameters() : nil, up: sides.up ? DeflateParameters() : nil) {
      Inspectors(downstream: Censor())
    }
    var random = SeededGenerator(seed: 5)
    let large = String(decoding: random.phrases(100_000), as: UTF8.self)
    for text in ["pass", "drop", "replace", "pass \(large)", "drop \(large)", "replace \(large)", ""] {
      try session.client.send(text)
      if text.hasPrefix("drop") {
        #expect(try session.client.next() == Self.message("dropped \(text.count)"))
      } else {
        #expect(try session.upstream.next() == Self.message(text.hasPrefix("replace") ? "replaced \(text.count)" : text))
      }
    }
    // In fragments, with a ping between.
    try session.client.send(raw: session.client.frame(.text, Array("replace ".utf8), fin: false))
    try session.client.send(.ping, [1])
    #expect(try session.client.next() == .pong([1]))
    try session.client.send(raw: session.client.frame(.continuation, Array("me".utf8)))
    #expect(try session.upstream.next() == Self.message("replaced 10"))
    try session.client.send(.binary([1, 2, 3]))
    #expect(try session.upstream.next() == .message(.binary([1, 2, 3])))
    session.client.reset()
    session.upstream.reset()
    #expect(try bench.outcome(of: session).downstream.messages == 9)
    try bench.finish()
  }

  /// Beside what becomes of the message there may be more to do.
  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func dropsAndReplacesAmongOthers(_ sides: (isLobby: Bool, isCompressed: Bool)) throws {
    let compression = sides.isCompressed ? DeflateParameters() : nil
    let lobby = try LobbyBench(down: compression) { PlainLobby(keepsClient: false) }
    let inspectors: @Sendable () -> Inspectors = { Inspectors(downstream: Censor()) }
    let bench = sides.isLobby ? lobby.bench : try Bench()
    let session = sides.isLobby ? nil : try bench.open(down: compression, inspectors: inspectors)
    let client = session?.client ?? lobby.client
    let upstream = try session?.upstream ?? lobby.connect(inspectors: inspectors)
    try client.send("both")
    #expect(try upstream.next() == Self.message("replaced 4"))
    #expect(try client.next() == Self.message("told"))
    try client.send("last")
    #expect(try client.next() == Self.message("dropped"))
    #expect(try client.next() == Self.message("why"))
    #expect(try client.answerClose() == Self.verdict)
    #expect(try upstream.answerClose() == Self.sessionEnded)
    #expect(try bench.outcome(of: session?.id ?? LobbyBench.id).cause == "test_limit")
    client.close()
    upstream.close()
    if session != nil { try lobby.leave() }
    try bench.finish()
  }

  @Test func dropsAndReplacesInALobby() throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect { Inspectors(downstream: Censor()) }
    try lobby.client.send("drop this")
    #expect(try lobby.client.next() == Self.message("dropped 9"))
    try lobby.client.send("replace this")
    #expect(try upstream.next() == Self.message("replaced 12"))
    try lobby.client.send("pass")
    #expect(try upstream.next() == Self.message("pass"))
    upstream.close()
    #expect(try lobby.client.next() == Self.message("lost"))
    try lobby.leave()
  }
}
