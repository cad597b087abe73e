import TestSupport
import Testing
import WebSocket
@testable import Relay

/// One upstream after the other behind a client that stays.
@Suite struct RelayHandoverTests {
  private static let bye = Array("bye".utf8)
  private static let sessionEnded = ClosePayload(code: .normal, reason: "Session ended")

  private static func message(_ text: String) -> MessageEvent { .message(.text(text)) }

  /// Answers the farewell with `hush that`, which the client does not hear.
  private static func inspectors(patience: Int64) -> @Sendable () -> Inspectors {
    { Inspectors(upstream: Parting(), attendant: Herald(farewell: Farewell([bye], patience: patience))) }
  }

  /// Keeps the last word from the client.
  private final class Parting: Inspector {
    let audio: Int64? = nil
    let rewrites = true
    private var text: [UInt8] = []
    func begin(isText: Bool) -> Bool {
      text = []
      return true
    }
    func consume(_ run: UnsafeRawBufferPointer) { unsafe text.append(contentsOf: run) }
    func end(bytes: UInt64, now: Int64) -> Inspection { text == Array("last".utf8) ? .several([.hush, .parted]) : .pass }
  }

  /// The upstream says its last before it goes, and the next one takes over.
  @Test(arguments: [nil, DeflateParameters()] as [DeflateParameters?])
  func relieves(compression: DeflateParameters?) throws {
    let lobby = try LobbyBench(down: compression)
    let first = try lobby.connect(up: compression, inspectors: Self.inspectors(patience: 3_600_000))
    try lobby.client.send("relieve")
    #expect(try first.next() == Self.message("bye"))
    try first.send("some more")
    try first.send("last")
    #expect(try lobby.client.next() == Self.message("some more"))
    #expect(try lobby.client.next() == Self.message("relieved"))
    #expect(try first.answerClose() == Self.sessionEnded)
    first.close()
    let second = try lobby.connect(up: compression)
    try lobby.client.send("hello")
    #expect(try second.next() == Self.message("hello"))
    second.close()
    #expect(try lobby.client.next() == Self.message("lost"))
    try lobby.leave()
    #expect(try lobby.outcome().upstream.messages >= 1)
  }

  /// One that has nothing to say, or says nothing, goes all the same; one that closes by itself has been relieved too.
  @Test(arguments: ["nothing", "patience", "close"])
  func goesInTheEnd(_ way: String) throws {
    let lobby = try LobbyBench()
    let first = try lobby.connect(
      inspectors: way == "nothing" ? nil : Self.inspectors(patience: way == "patience" ? 100 : 3_600_000))
    try lobby.client.send("relieve")
    if way != "nothing" { #expect(try first.next() == Self.message("bye")) }
    if way == "close" { try first.sendClose(1_000, "all said") }
    #expect(try lobby.client.next() == Self.message("relieved"))
    let close = way == "close" ? ClosePayload(code: .normal, reason: "all said") : Self.sessionEnded
    #expect(try first.next() == .close(close))
    first.close()
    try lobby.leave()
  }

  /// It is not let go inside a message of its own.
  @Test func endsItsMessage() throws {
    let lobby = try LobbyBench()
    let first = try lobby.connect()
    try first.send(raw: first.frame(.text, Array("half ".utf8), fin: false))
    try lobby.client.send("relieve")
    try lobby.client.send("say still there")
    try first.send(raw: first.frame(.continuation, Array("and half".utf8)))
    var heard = [try lobby.client.next(), try lobby.client.next(), try lobby.client.next()]
    #expect(heard.removeFirst() == Self.message("half and half"))
    #expect(Set(heard.map { "\($0)" }) == Set([Self.message("still there"), Self.message("relieved")].map { "\($0)" }))
    #expect(try first.answerClose() == Self.sessionEnded)
    first.close()
    try lobby.leave()
  }

  /// A client that leaves meanwhile waits for the last words like any other.
  @Test func clientLeavesMeanwhile() throws {
    let lobby = try LobbyBench()
    let first = try lobby.connect(inspectors: Self.inspectors(patience: 3_600_000))
    try lobby.client.send("relieve")
    #expect(try first.next() == Self.message("bye"))
    try lobby.client.sendClose(1_000)
    try first.send("some more")
    try first.send("last")
    #expect(try lobby.client.next() == Self.message("some more"))
    #expect(try first.answerClose() == ClosePayload(code: .normal))
    #expect(try lobby.client.next() == .close(ClosePayload(code: .normal)))
    first.close()
    lobby.client.close()
    #expect(try lobby.outcome().closedBy == .downstream)
    try lobby.bench.finish()
  }

  /// What an earlier upstream has had goes past the inspector of the next.
  @Test func againIsNotSeenTwice() throws {
    let diary = Observer.Diary()
    let lobby = try LobbyBench()
    let upstream = try lobby.connect(inspectors: { Inspectors(downstream: Observer(diary: diary)) })
    let before = diary.seen.count
    try lobby.client.send("repeat and again")
    #expect(try upstream.next() == Self.message("and again"))
    #expect(diary.seen.count == before)
    upstream.close()
    #expect(try lobby.client.next() == Self.message("lost"))
    try lobby.client.send("repeat nobody is there")
    try lobby.leave()
  }

  @Test func newsReachTheLobby() throws {
    let lobby = try LobbyBench()
    let upstream = try lobby.connect(inspectors: { Inspectors(upstream: Censor()) })
    try upstream.send("hush")
    try upstream.send("hush, but you may know")
    try upstream.send("heard")
    var heard = [try lobby.client.next(), try lobby.client.next()]
    #expect(heard.removeFirst() == Self.message("news: ready"))
    #expect(heard == [Self.message("heard")])
    upstream.close()
    #expect(try lobby.client.next() == Self.message("lost"))
    try lobby.leave()
  }

  /// An upstream that is there from the start hears everything, also of a client that sends all it has and its Close at once.
  @Test func upstreamFromTheStart() throws {
    let pair = try SocketPair()
    let close = FrameHeader.frame(opcode: .close, payload: ClosePayload.encode(code: .normal, reason: ""), maskKey: 6)
    let early = Message.text("all of it").frame(maskKey: 5) + close
    let lobby = try LobbyBench(early: early, upstream: pair)
    let upstream = Peer(.server, on: pair.far)
    #expect(try upstream.next() == Self.message("first"))
    #expect(try upstream.next() == .message(.binary([2])))
    #expect(try upstream.next() == Self.message("all of it"))
    #expect(try upstream.answerClose() == ClosePayload(code: .normal))
    #expect(try lobby.client.next() == Self.message("attached"))
    #expect(try lobby.client.next() == .close(ClosePayload(code: .normal)))
    lobby.client.close()
    upstream.close()
    _ = try lobby.outcome()
    try lobby.bench.finish()
  }
}
