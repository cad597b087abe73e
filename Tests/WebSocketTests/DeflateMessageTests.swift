import TestSupport
import Testing

@testable import WebSocket

@Suite("Compressed messages on a connection, RFC 7692 sections 6 and 7.2")
struct DeflateMessageTests {
  static func read(
    _ pieces: [[UInt8]], _ receiver: Role, parameters: DeflateParameters = DeflateParameters(), maximum: UInt64 = 0,
    limits: DeflateLimits = DeflateLimits()
  ) -> (events: [MessageEvent], violation: ProtocolViolation?) {
    var assembler = MessageAssembler(
      receiver: receiver, maximumMessage: maximum, inflater: parameters.inflater(for: receiver, limits: limits))
    var events: [MessageEvent] = []
    do throws(ProtocolViolation) {
      for piece in pieces { try assembler.receive(piece, into: &events) }
      return (events, nil)
    } catch {
      return (events, error)
    }
  }

  static func frame(
    _ opcode: Opcode, _ payload: [UInt8], fin: Bool = true, rsv1: Bool = false, to receiver: Role
  ) -> [UInt8] {
    FrameHeader.frame(opcode: opcode, payload: payload, maskKey: receiver.incomingKey, fin: fin, rsv1: rsv1)
  }

  @Test("7.2.3.1 to 7.2.3.6 as frames, byte for byte")
  func examples() {
    let hello = MessageEvent.message(.text("Hello"))
    let frames: [([UInt8], [MessageEvent])] = [
      ([0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], [hello]),
      ([0x41, 0x03, 0xF2, 0x48, 0xCD, 0x80, 0x04, 0xC9, 0xC9, 0x07, 0x00], [hello]),
      ([0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xC1, 0x05, 0xF2, 0x00, 0x11, 0x00, 0x00], [hello, hello]),
      ([0xC1, 0x0B, 0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], [hello]),
      ([0xC1, 0x08, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], [hello]),
      ([0xC1, 0x0D, 0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00], [hello]),
      ([0xC1, 0x01, 0x00], [.message(.text(""))]),
      ([0xC2, 0x01, 0x00], [.message(.binary([]))]),
    ]
    for (bytes, events) in frames {
      for pieces in [[bytes], bytes.map { [$0] }] {
        let found = Self.read(pieces, .client)
        #expect(found.events == events && found.violation == nil, "\(DeflateKit.hexadecimal(bytes))")
      }
    }
  }

  @Test("6.1: the bit stands on the first frame of a message, where it was agreed")
  func marks() {
    for receiver in Role.allCases {
      let compressed = InflaterTests.examples[0].payload
      let start = Self.frame(.text, Array(compressed[..<3]), fin: false, rsv1: true, to: receiver)
      let bad = start + Self.frame(.continuation, Array(compressed[3...]), rsv1: true, to: receiver)
      #expect(Self.read([bad], receiver).violation == .reservedBits)
      #expect(Self.read([Self.frame(.ping, [], rsv1: true, to: receiver)], receiver).violation == .reservedBits)
      let whole = Self.frame(.text, compressed, rsv1: true, to: receiver)
      #expect(MessageAssemblerTests.read([whole], receiver).violation == .reservedBits)
    }
  }

  @Test("fragments of every cut, with control frames between them", arguments: Role.allCases)
  func fragments(receiver: Role) throws {
    var deflater = Deflater(level: 6)
    let text = "Grüße, 世界 😀 Grüße, 世界 😀"
    let payload = try #require(DeflateKit.compress([Array(text.utf8)], with: &deflater))
    for cut in 0...payload.count {
      let bytes =
        Self.frame(.text, Array(payload[..<cut]), fin: false, rsv1: true, to: receiver)
        + Self.frame(.ping, [1, 2], to: receiver) + Self.frame(.continuation, [], fin: false, to: receiver)
        + Self.frame(.pong, [], to: receiver) + Self.frame(.continuation, Array(payload[cut...]), to: receiver)
        + Self.frame(.text, [0x61], to: receiver)
      let expected: [MessageEvent] = [.ping([1, 2]), .pong([]), .message(.text(text)), .message(.text("a"))]
      #expect(Self.read([bytes], receiver).events == expected, "cut at \(cut)")
      #expect(Self.read(bytes.map { [$0] }, receiver).events == expected, "cut at \(cut)")
    }
  }

  @Test("text is judged by what it becomes", arguments: Role.allCases)
  func text(receiver: Role) throws {
    for (bytes, isValid) in [([0x61, 0xC3], false), ([0xC3, 0xA9], true), ([0xED, 0xA0, 0x80], false)] as [([UInt8], Bool)] {
      var deflater = Deflater()
      let payload = try #require(DeflateKit.compress([bytes], with: &deflater))
      let asText = Self.read([Self.frame(.text, payload, rsv1: true, to: receiver)], receiver)
      #expect(asText.violation == (isValid ? nil : .invalidText))
      let asBinary = Self.read([Self.frame(.binary, payload, rsv1: true, to: receiver)], receiver)
      #expect(asBinary.events == [.message(.binary(bytes))])
    }
  }

  @Test("malformed and truncated messages close with 1007", arguments: Role.allCases)
  func malformed(receiver: Role) {
    let truncated = Self.frame(.text, [0xF2, 0x48, 0xCD], rsv1: true, to: receiver)
    #expect(Self.read([Self.frame(.text, [0x61], to: receiver) + truncated], receiver).events == [.message(.text("a"))])
    #expect(Self.read([truncated], receiver).violation == .badCompression)
    #expect(Self.read([Self.frame(.text, [], rsv1: true, to: receiver)], receiver).violation == .badCompression)
    #expect(Self.read([Self.frame(.binary, [0x07], rsv1: true, to: receiver)], receiver).violation == .badCompression)
    #expect(ProtocolViolation.badCompression.code == .invalidPayload)
  }

  @Test("a bomb ends at the limit", arguments: Role.allCases)
  func bomb(receiver: Role) {
    let bomb = DeflateKit.bomb(64 << 20)
    let bytes = Self.frame(.binary, bomb, rsv1: true, to: receiver)
    let size = DeflateLimits(maximumMessage: 1 << 20, maximumRatio: 0)
    #expect(Self.read([bytes], receiver, limits: size).violation == .messageTooBig)
    #expect(Self.read([bytes], receiver).violation == .messageTooBig)
  }

  @Test("the limit on the wire leaves room for what does not become smaller", arguments: Role.allCases)
  func wireLimit(receiver: Role) throws {
    var random = SeededGenerator(seed: 4)
    let noise = random.bytes(1_000)
    var deflater = Deflater(windowBits: 9, memoryLevel: 1)
    let payload = try #require(DeflateKit.compress([noise], with: &deflater))
    #expect(payload.count > 1_000)
    let limits = DeflateLimits(maximumMessage: 1_000)
    let bytes = Self.frame(.binary, payload, rsv1: true, to: receiver)
    #expect(Self.read([bytes], receiver, maximum: 1_000, limits: limits).events == [.message(.binary(noise))])
    let plain = Self.frame(.binary, noise + [0], to: receiver)
    #expect(Self.read([Array(plain.prefix(8))], receiver, maximum: 1_000, limits: limits).violation == .messageTooBig)
    #expect(Self.read([Self.frame(.binary, noise, to: receiver)], receiver, maximum: 1_000).events == [.message(.binary(noise))])
  }

  @Test("both ends of a connection, all parameters", arguments: 0..<120 as Range<UInt64>)
  func connection(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let sender: Role = seed % 2 == 0 ? .server : .client
    let parameters = DeflateParameters(
      serverNoContextTakeover: Bool.random(using: &random), clientNoContextTakeover: Bool.random(using: &random),
      serverMaxWindowBits: Int.random(in: 9...15, using: &random), clientMaxWindowBits: Int.random(in: 9...15, using: &random))
    let settings = DeflateSettings(
      level: Int.random(in: 0...9, using: &random), minimumSize: [0, 100].randomElement(using: &random) ?? 0,
      textOnly: Bool.random(using: &random))
    var deflater: Deflater? = parameters.deflater(for: sender, settings: settings)
    var bytes: [UInt8] = []
    var expected: [MessageEvent] = []
    for _ in 0..<8 {
      let payload = DeflateKit.message(using: &random)
      // A message cut anywhere may end inside a character.
      let message = Bool.random(using: &random) ? Message.text(String(decoding: payload, as: UTF8.self)) : .binary(payload)
      let key = sender.masks ? UInt32.random(in: .min ... .max, using: &random) : nil
      bytes += message.frame(maskKey: key, deflater: &deflater)
      expected.append(.message(message))
    }
    let pieces = random.split(bytes, longest: max(40, bytes.count / 100))
    let found = Self.read(pieces, sender.peer, parameters: parameters, limits: DeflateLimits(maximumRatio: 0))
    #expect(found.violation == nil, "seed \(seed)")
    #expect(found.events == expected, "seed \(seed)")
  }

  @Test("binary messages and small ones go plain")
  func plain() throws {
    let settings = DeflateSettings(minimumSize: 256, textOnly: true)
    var deflater: Deflater? = DeflateParameters().deflater(for: .server, settings: settings)
    let audio = Message.binary([UInt8](repeating: 0, count: 4_000))
    let short = Message.text(String(repeating: "a", count: 255))
    let long = Message.text(String(repeating: "a", count: 256))
    #expect(audio.frame(maskKey: nil, deflater: &deflater) == audio.frame(maskKey: nil))
    #expect(short.frame(maskKey: nil, deflater: &deflater) == short.frame(maskKey: nil))
    let frame = long.frame(maskKey: nil, deflater: &deflater)
    #expect(frame[0] == 0xC1 && frame.count < 20)
    var none: Deflater?
    #expect(long.frame(maskKey: nil, deflater: &none) == long.frame(maskKey: nil))
  }

  @Test func memoryIsTheInflaters() throws {
    var plain = MessageAssembler(receiver: .client)
    var assembler = MessageAssembler(receiver: .client, inflater: Inflater(windowBits: 9))
    #expect(plain.inflaterBytes == 0 && assembler.inflaterBytes == 0)
    var events: [MessageEvent] = []
    try plain.receive(Self.frame(.text, [0x61], to: .client), into: &events)
    try assembler.receive(Self.frame(.text, InflaterTests.examples[0].payload, rsv1: true, to: .client), into: &events)
    #expect(plain.inflaterBytes == 0)
    #expect(assembler.inflaterBytes > 512 && assembler.inflaterBytes <= Inflater.memoryBound(windowBits: 9))
  }
}
