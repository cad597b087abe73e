import TestSupport
import Testing
import WebSocket
@testable import Relay

/// permessage-deflate on either leg or on both: each end gets the messages in its own way.
@Suite struct RelayCompressionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let down: DeflateParameters?
    let up: DeflateParameters?
    let testDescription: String

    static let all = [
      Case(down: DeflateParameters(), up: nil, testDescription: "downstream"),
      Case(down: nil, up: DeflateParameters(), testDescription: "upstream"),
      Case(down: alone, up: nil, testDescription: "downstream, no takeover"),
      Case(down: nil, up: alone, testDescription: "upstream, no takeover"),
      Case(down: DeflateParameters(), up: DeflateParameters(), testDescription: "both, the same"),
      Case(down: alone, up: DeflateParameters(), testDescription: "both, takeover upstream"),
      Case(down: DeflateParameters(), up: alone, testDescription: "both, takeover downstream"),
      Case(
        down: DeflateParameters(serverMaxWindowBits: 9, clientMaxWindowBits: 12),
        up: DeflateParameters(serverMaxWindowBits: 12, clientMaxWindowBits: 9), testDescription: "both, other windows"),
    ]

    private static var alone: DeflateParameters { DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true) }
  }

  /// Compression on the leg of one end only.
  static func takeover(_ party: Party) -> (down: DeflateParameters?, up: DeflateParameters?) {
    party == .downstream ? (DeflateParameters(), nil) : (nil, DeflateParameters())
  }

  /// The ends as sender and receiver.
  static func legs(_ session: Bench.Session, _ sender: Party) -> (from: Peer, to: Peer) {
    sender == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
  }

  private static func message(using random: inout SeededGenerator) -> Message {
    let count = [0, 3, 255, 256, 2_000, 30_000].randomElement(using: &random) ?? 0
    switch random.number(0...3) {
    case 0: return .binary(random.quick(count))
    case 1: return .text(String(decoding: random.text(count), as: UTF8.self))
    default: return .text(String(decoding: random.phrases(count), as: UTF8.self))
    }
  }

  private static func close(_ session: Bench.Session, _ bench: Bench) throws {
    try session.client.sendClose(1_000)
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal))
    #expect(try session.client.rest() == [.close(ClosePayload(code: .normal))])
    session.client.close()
    session.upstream.close()
  }

  @Test(arguments: Case.all)
  func roundTrips(setup: Case) throws {
    for seed in 0..<4 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let bench = try Bench(readSize: [700, 65_536][Int(seed % 2)])
      let session = try bench.open(Bench.terms, seed < 2 ? .tcp : .local, down: setup.down, up: setup.up)
      var sent: [UInt64] = [8, 0]
      for round in 0..<30 {
        let (up, down) = (Self.message(using: &random), Self.message(using: &random))
        let (upFrame, downFrame) = (session.client.frame(up), session.upstream.frame(down))
        try session.client.send(raw: upFrame)
        try session.upstream.send(raw: downFrame)
        #expect(try session.upstream.next() == .message(up), "seed \(seed), round \(round)")
        #expect(try session.client.next() == .message(down), "seed \(seed), round \(round)")
        sent[0] += UInt64(upFrame.count)
        sent[1] += UInt64(downFrame.count)
      }
      try Self.close(session, bench)
      let outcome = try bench.outcome(of: session)
      #expect(outcome.downstream == .init(messages: 30, bytes: sent[0]), "seed \(seed)")
      #expect(outcome.upstream == .init(messages: 30, bytes: sent[1] + 4), "seed \(seed)")
      try bench.finish()
      #expect(bench.counters.messages(.up) == 30 && bench.counters.messages(.down) == 30, "seed \(seed)")
      #expect(bench.counters.bytes(.up) == sent[0] && bench.counters.bytes(.down) == sent[1] + 4, "seed \(seed)")
    }
  }

  /// Where both ends agreed on the same, or the receiver on more, nothing is touched.
  @Test(arguments: [DeflateParameters(), DeflateParameters(serverNoContextTakeover: true, serverMaxWindowBits: 10)])
  func compressedFramesPassUntouched(agreed: DeflateParameters) throws {
    let bench = try Bench()
    // What the client sends may pass in either case, since there the two are the same.
    let session = try bench.open(down: DeflateParameters(), up: agreed)
    var random = SeededGenerator(seed: 1)
    for round in 0..<10 {
      let text = Message.text(String(decoding: random.phrases(3_000), as: UTF8.self))
      let up = session.client.frame(text)
      try session.client.send(raw: up)
      #expect(up[0] == 0xC1 && up.count < 3_000)
      #expect(try session.upstream.receive(up.count) == up, "round \(round)")
      let down = try session.upstream.fragments(of: text, 3)
      try session.upstream.send(raw: down)
      #expect(try session.client.receive(down.count) == down, "round \(round)")
    }
    try session.client.sendClose(1_000)
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal))
    session.client.close()
    session.upstream.close()
    #expect(try bench.outcome(of: session).downstream.messages == 10)
    try bench.finish()
  }

  /// A client without compression gets plain frames, and its large texts go on compressed.
  @Test func compressedForTheUpstreamOnly() throws {
    let bench = try Bench()
    let session = try bench.open(up: DeflateParameters())
    let text = String(repeating: "all the same ", count: 1_000)
    try session.client.send(text)
    let head = try session.upstream.receive(2)
    #expect(head[0] == 0xC1 && head[1] < 0x80 + 126, "marked, masked and short")
    let rest = try session.upstream.receive(Int(head[1] & 0x7F) + 4)
    let key = rest[0..<4].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    var payload = Array(rest[4...])
    Mask.apply(key, to: &payload)
    var inflater = Inflater(limits: DeflateLimits(maximumRatio: 0))
    var inflated: [UInt8] = []
    try inflater.inflate(payload, isLast: true, appendingTo: &inflated)
    #expect(String(decoding: inflated, as: UTF8.self) == text)
    let frame = session.upstream.frame(.text(text))
    #expect(frame.count < 200)
    try session.upstream.send(raw: frame)
    let plain = FrameHeader.frame(opcode: .text, payload: Array(text.utf8))
    #expect(try session.client.receive(plain.count) == plain)
    session.client.reset()
    session.upstream.reset()
    try bench.finish()
  }

  /// A client that was not offered compression may not compress.
  @Test(arguments: [Party.downstream, .upstream])
  func markWhereNothingWasAgreed(party: Party) throws {
    let bench = try Bench()
    let session = try bench.open(down: party == .downstream ? nil : DeflateParameters(), up: party == .upstream ? nil : DeflateParameters())
    let (offender, other) = party == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
    try offender.send(raw: offender.frame(.text, [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], rsv1: true))
    #expect(try other.answerClose().reason == "Proxy error")
    #expect(try offender.rest() == [.close(ClosePayload(code: .protocolError, reason: ProtocolViolation.reservedBits.reason))])
    offender.close()
    other.close()
    try bench.finish()
  }

  @Test(arguments: [RelayTerms.Pings.answer, .relay], Case.all)
  func pingsInsideFragmentedMessages(pings: RelayTerms.Pings, setup: Case) throws {
    var terms = Bench.terms
    terms.pings = pings
    var random = SeededGenerator(seed: 5)
    let bench = try Bench()
    let session = try bench.open(terms, down: setup.down, up: setup.up)
    for (from, to, isCompressing) in [
      (session.client, session.upstream, setup.down != nil), (session.upstream, session.client, setup.up != nil),
    ] where isCompressing {
      for round in 0..<5 as Range<UInt8> {
        let text = Message.text(String(decoding: random.phrases(20_000), as: UTF8.self))
        let bytes = try from.fragments(of: text, 4, between: from.frame(.ping, [round]))
        for piece in random.pieces(bytes, longest: 400) { try from.send(raw: piece) }
        if pings == .relay { for _ in 0..<3 { #expect(try to.next() == .ping([round])) } }
        #expect(try to.next() == .message(text))
        guard pings == .answer else { continue }
        // Those that come together have one answer.
        try from.send(.ping, [100])
        var answers = [try from.next()]
        while answers.last != .pong([100]) { answers.append(try from.next()) }
        #expect((2...4).contains(answers.count) && answers.dropLast().allSatisfy { $0 == .pong([round]) })
      }
    }
    try Self.close(session, bench)
    try bench.finish()
  }

  /// What is recoded goes on in whole frames, so that the other end can be told even inside one of the sender's.
  @Test(arguments: [Party.downstream, .upstream], RelayHeldInputTests.Loss.allCases)
  func senderGoesInsideAFrame(sender: Party, loss: RelayHeldInputTests.Loss) throws {
    let bench = try Bench()
    let agreed = Self.takeover(sender)
    let session = try bench.open(down: agreed.down, up: agreed.up)
    let (from, to) = Self.legs(session, sender)
    var random = SeededGenerator(seed: 8)
    let frame = from.frame(.text(String(decoding: random.phrases(60_000), as: UTF8.self)))
    try from.send(raw: Array(frame.dropLast(10)))
    let head = try to.receive(1)
    #expect(head == [0x01], "a part of a text")
    if loss == .finish { from.finish() } else { from.reset() }
    var received = head
    while let more = try to.read() {
      received += more
      try? to.sendClose(1_000)
    }
    let list = try FrameList(received, receiver: to.role, allowsRSV1: false)
    #expect(list.frames.last?.header.opcode == Opcode.close.rawValue && list.frames.last?.end == received.count)
    #expect(list.frames.last?.payload == ClosePayload(code: .internalError, reason: "Proxy error").encoded)
    #expect(list.messages.isEmpty)
    #expect(try bench.outcome(of: session).cause == "lost")
    from.close()
    to.close()
    try bench.finish()
  }

  // MARK: Violations

  private static func compressed(_ payload: [UInt8]) throws -> [UInt8] { try RecodedPassageTests.compressed(payload) }

  @Test(arguments: [Party.downstream, .upstream], [true, false])
  func bombsAndGarbage(party: Party, bothCompress: Bool) throws {
    let text = try Self.compressed(Array("hello, hello, hello".utf8))
    var random = SeededGenerator(seed: 6)
    let offences: [(payload: [UInt8], violation: ProtocolViolation)] = [
      (Bomb.payload(64 << 20), .messageTooBig), (try Self.compressed([UInt8](repeating: 0x61, count: 300_000)), .messageTooBig),
      (random.quick(300), .badCompression), (Array(text.dropLast()), .badCompression), ([], .badCompression),
    ]
    let bench = try Bench()
    for (index, offence) in offences.enumerated() {
      let alone = DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)
      let agreed = Self.takeover(party)
      let session = try bench.open(
        RelayTerms(maximumMessage: 0, closeTimeout: 60_000, linger: 60_000), .local,
        down: agreed.down ?? (bothCompress ? alone : nil), up: agreed.up ?? (bothCompress ? alone : nil))
      let (offender, other) = Self.legs(session, party)
      try offender.send(raw: offender.frame(.text("legal")) + offender.frame(.binary, offence.payload, rsv1: true))
      #expect(try other.next() == .message(.text("legal")), "offence \(index)")
      // A part of it has gone on, perhaps; between its frames there is room for the Close frame.
      let code: CloseCode = party == .downstream ? .internalError : .badGateway
      #expect(try other.answerClose() == ClosePayload(code: code, reason: "Proxy error"), "offence \(index)")
      let verdict = ClosePayload(code: offence.violation.code, reason: offence.violation.reason)
      #expect(try offender.rest() == [.close(verdict)], "offence \(index)")
      #expect(try other.rest().isEmpty, "offence \(index)")
      let outcome = try bench.outcome(of: session)
      #expect(outcome.closedBy == party && outcome.cause == offence.violation.name, "offence \(index)")
      #expect(outcome.code == offence.violation.code && outcome.reason == offence.violation.reason, "offence \(index)")
      #expect((party == .downstream ? outcome.downstream : outcome.upstream).messages == 1, "offence \(index)")
      offender.close()
      other.close()
    }
    try bench.finish()
  }
}
