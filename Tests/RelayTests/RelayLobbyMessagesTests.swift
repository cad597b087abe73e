import Glibc
import TestSupport
import Testing
import WebSocket
@testable import Relay

/// What a client may cost a session whose messages the gateway gathers, and what becomes of them on their way through.
@Suite struct RelayLobbyMessagesTests {
  private static let verdict = ClosePayload(code: CloseCode(rawValue: 4001), reason: "Enough")

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

  /// Nor may many of them: what they are counts like what travels.
  @Test func inflatedMessagesOfStrangers() throws {
    let lobby = try LobbyBench(down: DeflateParameters()) { PlainLobby(isStranger: true) }
    let text = String(repeating: "x", count: 400)
    for _ in 0..<2 {
      try lobby.client.send("say \(text)")
      #expect(try lobby.client.next() == .message(.text(text)))
    }
    try lobby.client.send("say \(text)")
    #expect(try lobby.client.next() == .close(ClosePayload(code: .policyViolation, reason: "Too many bytes before authentication")))
    lobby.client.close()
    #expect(try lobby.outcome().cause == "early_bytes")
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
}
