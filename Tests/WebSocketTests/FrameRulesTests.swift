import Testing

@testable import WebSocket

@Suite("Frame rules, RFC 6455 section 5")
struct FrameRulesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let section: String
    /// Each with the key that the receiver expects.
    let frames: [FrameHeader]
    /// What the last frame breaks; all before it are legal.
    let violation: ProtocolViolation?

    init(_ section: String, _ frames: [FrameHeader], _ violation: ProtocolViolation?) {
      self.section = section
      self.frames = frames
      self.violation = violation
    }

    var testDescription: String { section }
  }

  static let start = FrameHeader(fin: false, opcode: .text, payloadLength: 10)
  static let middle = FrameHeader(fin: false, opcode: .continuation, payloadLength: 10)
  static let end = FrameHeader(opcode: .continuation, payloadLength: 10)
  static let ping = FrameHeader(opcode: .ping, payloadLength: 0)

  static let cases: [Case] = [
    Case("5.2 rsv1", [FrameHeader(rsv1: true, opcode: .text, payloadLength: 1)], .reservedBits),
    Case("5.2 rsv2", [FrameHeader(rsv2: true, opcode: 1, payloadLength: 1)], .reservedBits),
    Case("5.2 rsv3", [FrameHeader(rsv3: true, opcode: 2, payloadLength: 1)], .reservedBits),
    Case("5.2 rsv1 on control", [FrameHeader(rsv1: true, opcode: .ping, payloadLength: 1)], .reservedBits),
    Case("5.2 rsv3 on continuation", [start, FrameHeader(rsv3: true, opcode: 0, payloadLength: 1)], .reservedBits),
    Case("5.2 16-bit length of 125", [FrameHeader(opcode: 2, payloadLength: 125, lengthSize: 2)], .lengthNotMinimal),
    Case("5.2 64-bit length of 65535", [FrameHeader(opcode: 2, payloadLength: 65_535, lengthSize: 8)], .lengthNotMinimal),
    Case("5.2 64-bit length of 0 on control", [FrameHeader(opcode: 9, payloadLength: 0, lengthSize: 8)], .lengthNotMinimal),
    Case("5.2 highest bit of the length", [FrameHeader(opcode: 2, payloadLength: 1 << 63)], .lengthOutOfRange),
    Case("5.2 all bits of the length", [FrameHeader(opcode: 2, payloadLength: .max)], .lengthOutOfRange),
    Case("5.2 greatest length", [FrameHeader(opcode: 2, payloadLength: .max >> 1)], nil),
    Case("5.4 message of three frames", [start, middle, end], nil),
    Case("5.4 control between fragments", [start, ping, middle, FrameHeader(opcode: .pong, payloadLength: 125), end], nil),
    Case("5.4 two messages", [start, end, start, end], nil),
    Case(
      "5.4 empty fragments",
      [
        FrameHeader(fin: false, opcode: .binary, payloadLength: 0), FrameHeader(fin: false, opcode: .continuation, payloadLength: 0),
        FrameHeader(opcode: .continuation, payloadLength: 0),
      ], nil),
    Case("5.4 continuation first", [end], .unexpectedContinuation),
    Case("5.4 open continuation first", [middle], .unexpectedContinuation),
    Case("5.4 continuation after the end", [start, end, end], .unexpectedContinuation),
    Case("5.4 continuation after a whole message", [FrameHeader(opcode: .text, payloadLength: 1), end], .unexpectedContinuation),
    Case("5.4 text inside text", [start, FrameHeader(opcode: .text, payloadLength: 1)], .interruptedMessage),
    Case("5.4 binary inside text", [start, middle, ping, FrameHeader(fin: false, opcode: .binary, payloadLength: 1)], .interruptedMessage),
    Case("5.5 control of 125", [FrameHeader(opcode: .ping, payloadLength: 125)], nil),
    Case("5.5 control of 126", [FrameHeader(opcode: .ping, payloadLength: 126)], .controlTooLong),
    Case("5.5 close of 65536", [FrameHeader(opcode: .close, payloadLength: 65_536)], .controlTooLong),
    Case("5.5 fragmented ping", [FrameHeader(fin: false, opcode: .ping, payloadLength: 1)], .fragmentedControl),
    Case("5.5 fragmented close inside a message", [start, FrameHeader(fin: false, opcode: .close, payloadLength: 0)], .fragmentedControl),
  ]

  /// The same frame as the receiver's peer sends it.
  static func header(_ header: FrameHeader, to receiver: Role) -> FrameHeader {
    var header = header
    header.maskKey = receiver.incomingKey
    return header
  }

  static func judge(_ frames: [FrameHeader], _ rules: FrameRules, _ receiver: Role) -> [ProtocolViolation?] {
    var rules = rules
    return frames.map { frame in
      do throws(ProtocolViolation) {
        try rules.check(header(frame, to: receiver))
        return nil
      } catch {
        return error
      }
    }
  }

  @Test(arguments: cases, Role.allCases)
  func table(example: Case, receiver: Role) {
    let found = Self.judge(example.frames, .plain(receiver), receiver)
    #expect(found.dropLast().allSatisfy { $0 == nil })
    #expect(found.last == .some(example.violation))
  }

  @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8], Role.allCases)
  func reservedOpcodes(opcode: UInt8, receiver: Role) {
    #expect(Self.judge([FrameHeader(opcode: opcode, payloadLength: 0)], .plain(receiver), receiver) == [.reservedOpcode])
  }

  @Test("5.1 masking", arguments: [Opcode.text, .binary, .close, .ping, .pong])
  func masking(opcode: Opcode) {
    let plain = FrameHeader(opcode: opcode, payloadLength: 1)
    let masked = FrameHeader(opcode: opcode, maskKey: 0, payloadLength: 1)
    var server = FrameRules.plain(.server)
    var client = FrameRules.plain(.client)
    #expect(throws: ProtocolViolation.unmaskedFrame) { try server.check(plain) }
    #expect(throws: ProtocolViolation.maskedFrame) { try client.check(masked) }
    #expect(throws: Never.self) {
      try server.check(masked)
      try client.check(plain)
    }
  }

  @Test("RFC 7692 section 6: rsv1 marks a message's first frame", arguments: Role.allCases)
  func compressed(receiver: Role) {
    let rules = FrameRules(receiver: receiver, allowsRSV1: true)
    let start = FrameHeader(fin: false, rsv1: true, opcode: .text, payloadLength: 1)
    #expect(Self.judge([start, Self.end], rules, receiver) == [nil, nil])
    #expect(Self.judge([FrameHeader(rsv1: true, opcode: .binary, payloadLength: 1)], rules, receiver) == [nil])
    #expect(
      Self.judge([start, FrameHeader(rsv1: true, opcode: .continuation, payloadLength: 1)], rules, receiver) == [nil, .reservedBits])
    #expect(Self.judge([FrameHeader(rsv1: true, opcode: .close, payloadLength: 0)], rules, receiver) == [.reservedBits])
    #expect(Self.judge([FrameHeader(rsv1: true, rsv2: true, opcode: 1, payloadLength: 0)], rules, receiver) == [.reservedBits])
  }

  @Test(arguments: Role.allCases)
  func frameLimit(receiver: Role) {
    let rules = FrameRules(receiver: receiver, maximumFrame: 100)
    #expect(Self.judge([FrameHeader(opcode: .text, payloadLength: 100)], rules, receiver) == [nil])
    #expect(Self.judge([FrameHeader(opcode: .text, payloadLength: 101)], rules, receiver) == [.frameTooBig])
    // Control frames have a limit of their own.
    #expect(Self.judge([FrameHeader(opcode: .ping, payloadLength: 125)], rules, receiver) == [nil])
  }

  @Test(arguments: Role.allCases)
  func messageLimit(receiver: Role) {
    let rules = FrameRules(receiver: receiver, maximumMessage: 30)
    #expect(Self.judge([Self.start, Self.ping, Self.middle, Self.end], rules, receiver) == [nil, nil, nil, nil])
    let over = FrameHeader(opcode: .continuation, payloadLength: 11)
    #expect(Self.judge([Self.start, Self.middle, over], rules, receiver) == [nil, nil, .messageTooBig])
    #expect(Self.judge([FrameHeader(opcode: .binary, payloadLength: 31)], rules, receiver) == [.messageTooBig])
    // Each message has the whole of it.
    #expect(Self.judge([Self.start, Self.middle, Self.end, Self.start], rules, receiver) == [nil, nil, nil, nil])
  }

  @Test func sumsDoNotOverflow() {
    let half = FrameHeader(fin: false, opcode: .binary, payloadLength: Int.max)
    let more = FrameHeader(fin: false, opcode: .continuation, payloadLength: Int.max)
    let last = FrameHeader(opcode: .continuation, payloadLength: 2)
    #expect(Self.judge([half, more, last], .plain(.client), .client) == [nil, nil, .messageTooBig])
  }

  @Test func tellsWhetherAMessageIsOpen() throws {
    var rules = FrameRules.plain(.client)
    var seen = [rules.isInsideMessage]
    for frame in [Self.start, Self.ping, Self.middle, Self.end, FrameHeader(opcode: .text, payloadLength: 1)] {
      try rules.check(frame)
      seen.append(rules.isInsideMessage)
    }
    #expect(seen == [false, true, true, true, false, false])
  }
}
