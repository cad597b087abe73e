import TestSupport
import Testing

@testable import WebSocket

@Suite("Messages, RFC 6455 sections 5.4 to 5.6 and 8.1")
struct MessageAssemblerTests {
  /// A frame as the receiver's peer sends it.
  static func frame(_ opcode: Opcode, _ payload: [UInt8], fin: Bool = true, to receiver: Role) -> [UInt8] {
    FrameHeader.frame(opcode: opcode, payload: payload, maskKey: receiver.incomingKey, fin: fin)
  }

  static func read(_ pieces: [[UInt8]], _ receiver: Role, limit: UInt64 = 0) -> (events: [MessageEvent], violation: ProtocolViolation?) {
    var assembler = MessageAssembler(receiver: receiver, maximumMessage: limit)
    var events: [MessageEvent] = []
    do throws(ProtocolViolation) {
      for piece in pieces { try assembler.receive(piece, into: &events) }
      return (events, nil)
    } catch {
      return (events, error)
    }
  }

  static func bytewise(_ bytes: [UInt8]) -> [[UInt8]] { bytes.map { [$0] } }

  @Test(arguments: Role.allCases)
  func wholeMessages(receiver: Role) {
    let text = "Grüße, 世界 😀"
    let bytes =
      Self.frame(.text, Array(text.utf8), to: receiver) + Self.frame(.binary, [0, 255, 254], to: receiver)
      + Self.frame(.text, [], to: receiver) + Self.frame(.binary, [], to: receiver)
    let expected: [MessageEvent] = [
      .message(.text(text)), .message(.binary([0, 255, 254])), .message(.text("")), .message(.binary([])),
    ]
    for pieces in [[bytes], Self.bytewise(bytes)] {
      let found = Self.read(pieces, receiver)
      #expect(found.events == expected)
      #expect(found.violation == nil)
    }
  }

  @Test("5.4 fragments, cut inside a character, with control frames between them", arguments: Role.allCases)
  func fragments(receiver: Role) {
    let text = Array("a€😀z".utf8)
    for cut in 0...text.count {
      let bytes =
        Self.frame(.text, Array(text[..<cut]), fin: false, to: receiver) + Self.frame(.ping, [1, 2], to: receiver)
        + Self.frame(.continuation, [], fin: false, to: receiver) + Self.frame(.pong, [], to: receiver)
        + Self.frame(.continuation, Array(text[cut...]), to: receiver)
      let expected: [MessageEvent] = [.ping([1, 2]), .pong([]), .message(.text("a€😀z"))]
      #expect(Self.read([bytes], receiver).events == expected, "cut at \(cut)")
      #expect(Self.read(Self.bytewise(bytes), receiver).events == expected, "cut at \(cut)")
    }
  }

  @Test("5.5.1 nothing is read after a Close", arguments: Role.allCases)
  func close(receiver: Role) throws {
    var assembler = MessageAssembler(receiver: receiver)
    var events: [MessageEvent] = []
    let close = ClosePayload(code: .goingAway, reason: "bye")
    let rest = Self.frame(.text, [0x61], to: receiver) + [UInt8](repeating: 0xFF, count: 20)
    let bytes = Self.frame(.ping, [], to: receiver) + Self.frame(.close, close.encoded, to: receiver) + rest
    try assembler.receive(bytes, into: &events)
    #expect(events == [.ping([]), .close(close)])
    let isClosed = assembler.isClosed
    #expect(isClosed)
    try assembler.receive(rest, into: &events)
    #expect(events.count == 2)
  }

  @Test(
    "7.4 bad Close payloads",
    arguments: [
      ([3], .closeLength), ([0x03, 0xED], .closeCode), ([0, 0], .closeCode), ([0x03, 0xE8, 0xFF], .closeReason),
    ] as [([UInt8], ProtocolViolation)], Role.allCases)
  func badClose(example: ([UInt8], ProtocolViolation), receiver: Role) {
    let found = Self.read([Self.frame(.close, example.0, to: receiver)], receiver)
    #expect(found.events == [] && found.violation == example.1)
  }

  @Test("8.1 invalid text fails at the byte", arguments: Role.allCases)
  func failsFast(receiver: Role) {
    let bad: [UInt8] = [0x61, 0xF4, 0x90]
    let header = FrameHeader(opcode: .text, maskKey: receiver.incomingKey, payloadLength: 1_000)
    let bytes = wire(header, bad)
    #expect(Self.read([bytes], receiver).violation == .invalidText)
    #expect(Self.read([Array(bytes.dropLast())], receiver).violation == nil)
  }

  @Test("8.1 text must end with a whole character", arguments: Role.allCases)
  func cutText(receiver: Role) {
    let start = Self.frame(.text, [0xE2, 0x82], fin: false, to: receiver)
    #expect(Self.read([start], receiver).violation == nil)
    #expect(Self.read([start + Self.frame(.continuation, [], to: receiver)], receiver).violation == .invalidText)
    #expect(Self.read([Self.frame(.text, [0xE2, 0x82], to: receiver)], receiver).violation == .invalidText)
    #expect(Self.read([Self.frame(.binary, [0xE2, 0x82], to: receiver)], receiver).events == [.message(.binary([0xE2, 0x82]))])
  }

  @Test(arguments: Role.allCases)
  func keepsEventsBeforeAViolationAndStaysFailed(receiver: Role) {
    var assembler = MessageAssembler(receiver: receiver)
    var events: [MessageEvent] = []
    let bytes = Self.frame(.text, [0x61], to: receiver) + Self.frame(.continuation, [0x61], to: receiver)
    #expect(throws: ProtocolViolation.unexpectedContinuation) { try assembler.receive(bytes, into: &events) }
    #expect(events == [.message(.text("a"))])
    #expect(throws: ProtocolViolation.unexpectedContinuation) {
      try assembler.receive(Self.frame(.text, [0x61], to: receiver), into: &events)
    }
    #expect(events.count == 1)
  }

  @Test(arguments: Role.allCases)
  func messagesAreBounded(receiver: Role) {
    let start = Self.frame(.binary, [1, 2, 3], fin: false, to: receiver)
    let fits = Self.read([start + Self.frame(.continuation, [4], to: receiver)], receiver, limit: 4)
    #expect(fits.events == [.message(.binary([1, 2, 3, 4]))])
    #expect(Self.read([start + Self.frame(.continuation, [4, 5], to: receiver)], receiver, limit: 4).violation == .messageTooBig)
  }

  @Test(arguments: Role.allCases)
  func knowsWhenNothingIsOwed(receiver: Role) throws {
    var assembler = MessageAssembler(receiver: receiver)
    var events: [MessageEvent] = []
    var boundaries = [assembler.isAtBoundary]
    try assembler.receive(Self.frame(.text, [0x61], fin: false, to: receiver), into: &events)
    boundaries.append(assembler.isAtBoundary)
    try assembler.receive(Self.frame(.continuation, [0x61], to: receiver), into: &events)
    boundaries.append(assembler.isAtBoundary)
    #expect(boundaries == [true, false, true])
  }

  @Test("a message's own frame is read back", arguments: Role.allCases, [Message.text("Hellö"), .binary([1, 2, 3]), .text("")])
  func roundTrip(receiver: Role, message: Message) {
    #expect(Self.read([message.frame(maskKey: receiver.incomingKey)], receiver).events == [.message(message)])
  }

  @Test("random messages in random pieces", arguments: 0..<200 as Range<UInt64>)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let receiver: Role = seed % 2 == 0 ? .server : .client
    var bytes: [UInt8] = []
    var expected: [MessageEvent] = []
    for _ in 0..<Int.random(in: 1...10, using: &random) {
      let isText = Bool.random(using: &random)
      let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in ["a", "ß", "語", "😀"].randomElement(using: &random)! }.joined()
      let payload = isText ? Array(text.utf8) : random.bytes(Int.random(in: 0...300, using: &random))
      var fragments = random.split(payload, longest: 50)
      if fragments.isEmpty { fragments = [[]] }
      for (index, fragment) in fragments.enumerated() {
        let key = receiver.peer.masks ? UInt32.random(in: .min ... .max, using: &random) : nil
        let opcode: Opcode = index > 0 ? .continuation : isText ? .text : .binary
        if Int.random(in: 0..<4, using: &random) == 0 {
          let ping = random.bytes(Int.random(in: 0...125, using: &random))
          bytes += FrameHeader.frame(opcode: .ping, payload: ping, maskKey: key)
          expected.append(.ping(ping))
        }
        bytes += FrameHeader.frame(opcode: opcode, payload: fragment, maskKey: key, fin: index == fragments.count - 1)
      }
      expected.append(.message(isText ? .text(text) : .binary(payload)))
    }
    let found = Self.read(random.split(bytes, longest: 40), receiver)
    #expect(found.events == expected, "seed \(seed)")
    #expect(found.violation == nil, "seed \(seed)")
  }
}
