import Testing
import WebSocket
@testable import Relay

/// Sessions that are to end, and not in the middle of a turn; and how one stands while it lasts.
@Suite struct RelayDrainTests {
  private static let end = SessionEnd(name: "drain", code: .serviceRestart, reason: "Shutting down")

  private func hearsTheEnd(_ session: Bench.Session) throws {
    #expect(try session.client.answerClose() == ClosePayload(code: .serviceRestart, reason: "Shutting down"))
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal, reason: "Session ended"))
    session.client.close()
    session.upstream.close()
  }

  private func exchange(_ text: String, from sender: Peer, to receiver: Peer) throws {
    try sender.send(text)
    #expect(try receiver.next() == .message(.text(text)))
  }

  /// Who waits for an answer is left alone until it has come and there is silence; who waits for nothing is not.
  @Test func silenceEndsATurn() throws {
    let bench = try Bench()
    let (silent, asking) = (try bench.open(), try bench.open())
    try exchange("question", from: asking.client, to: asking.upstream)
    bench.reactor.closeAll(Self.end, after: 3_600_000, over: 0, idle: 200)
    try hearsTheEnd(silent)
    #expect(try bench.outcome(of: silent).cause == "drain")
    #expect(!bench.hasReported(asking))
    try exchange("the answer", from: asking.upstream, to: asking.client)
    try hearsTheEnd(asking)
    #expect(try bench.outcome(of: asking).cause == "drain")
    try bench.finish()
  }

  /// Where there is no upstream, no answer is awaited of it.
  @Test func silenceWithoutAnUpstream() throws {
    let lobby = try LobbyBench()
    try lobby.client.send("say hello")
    #expect(try lobby.client.next() == .message(.text("hello")))
    lobby.bench.reactor.closeAll(Self.end, after: 3_600_000, over: 0, idle: 200)
    #expect(try lobby.client.answerClose() == ClosePayload(code: .serviceRestart, reason: "Shutting down"))
    #expect(try lobby.outcome().cause == "drain")
    lobby.client.close()
    try lobby.bench.finish()
  }

  /// Whoever comes while all are to end has the same grace, and no more than that.
  @Test func whoeverComesLater() throws {
    let bench = try Bench()
    bench.reactor.closeAll(Self.end, after: 300, over: 0, idle: nil)
    let session = try bench.open()
    try exchange("question", from: session.client, to: session.upstream)
    try hearsTheEnd(session)
    // The grace is over.
    try hearsTheEnd(bench.open())
    try bench.finish()
  }

  /// Where somebody knows that a turn is over, nobody has to wait for silence.
  @Test func theEndOfATurn() throws {
    let bench = try Bench()
    let inspectors: @Sendable () -> Inspectors = { Inspectors(upstream: TurnEnds()) }
    let (before, session) = (try bench.open(inspectors: inspectors), try bench.open(inspectors: inspectors))
    try exchange("question", from: before.client, to: before.upstream)
    // As long as nothing is to end, it is one turn of many.
    try exchange("done", from: before.upstream, to: before.client)
    try exchange("question", from: before.client, to: before.upstream)
    try exchange("question", from: session.client, to: session.upstream)
    bench.reactor.closeAll(Self.end, after: 3_600_000, over: 0, idle: 3_600_000)
    for session in [before, session] {
      try exchange("not yet", from: session.upstream, to: session.client)
      try exchange("done", from: session.upstream, to: session.client)
      try hearsTheEnd(session)
    }
    try bench.finish()
  }

  @Test func theLastCallHolds() throws {
    let bench = try Bench()
    let session = try bench.open()
    try exchange("question", from: session.client, to: session.upstream)
    bench.reactor.closeAll(Self.end, after: 3_600_000, over: 0, idle: 3_600_000)
    bench.reactor.closeAll(Self.end, after: 0, over: 0)
    try hearsTheEnd(session)
    try bench.finish()
  }

  @Test func howOneStands() throws {
    let bench = try Bench()
    let session = try bench.open()
    try exchange("one", from: session.client, to: session.upstream)
    try exchange("two", from: session.client, to: session.upstream)
    try exchange("three", from: session.upstream, to: session.client)
    let progress = try #require(bench.look(at: session.id))
    // A client's frame of three bytes has a header of two and a key of four.
    #expect(progress.downstream == SessionOutcome.Traffic(messages: 2, bytes: 18))
    #expect(progress.upstream == SessionOutcome.Traffic(messages: 1, bytes: 7))
    #expect(!progress.isEnding && progress.silence >= 0)
    try session.client.sendClose(1_000)
    #expect(try session.upstream.next() == .close(ClosePayload(code: .normal)))
    #expect(try #require(bench.look(at: session.id)).isEnding)
    try session.upstream.sendClose(1_000)
    _ = try bench.outcome(of: session)
    session.client.close()
    session.upstream.close()
    #expect(bench.look(at: 999) == nil)
    try bench.finish()
    // A thread that has ended answers, too.
    #expect(bench.look(at: session.id) == nil)
  }
}

/// Takes `done` for the end of a turn.
private final class TurnEnds: Inspector {
  private var text: [UInt8] = []
  var audio: Int64? { nil }

  func begin(isText: Bool) -> Bool {
    text = []
    return true
  }

  func consume(_ run: UnsafeRawBufferPointer) { text += unsafe Array(run) }

  func end(bytes: UInt64, now: Int64) -> Inspection { text == Array("done".utf8) ? .rest : .pass }
}

extension Bench {
  /// How a session stands, by its reactor.
  func look(at session: UInt64) -> SessionProgress? {
    let answer = LookAnswer()
    reactor.look(at: session) { answer.set($0) }
    return answer.wait()
  }
}
