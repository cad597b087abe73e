import Testing

@testable import WebSocket

@Suite("Frame headers, RFC 6455 section 5.2")
struct FrameHeaderTests {
  /// Section 5.7. The key there is 37 fa 21 3d.
  static let examples: [(name: String, header: FrameHeader, payload: [UInt8], wire: [UInt8])] = [
    ("unmasked text", FrameHeader(opcode: .text, payloadLength: 5), Array("Hello".utf8), [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]),
    (
      "masked text", FrameHeader(opcode: .text, maskKey: 0x3D21_FA37, payloadLength: 5), Array("Hello".utf8),
      [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
    ),
    ("first fragment", FrameHeader(fin: false, opcode: .text, payloadLength: 3), Array("Hel".utf8), [0x01, 0x03, 0x48, 0x65, 0x6C]),
    ("last fragment", FrameHeader(opcode: .continuation, payloadLength: 2), Array("lo".utf8), [0x80, 0x02, 0x6C, 0x6F]),
    ("unmasked ping", FrameHeader(opcode: .ping, payloadLength: 5), Array("Hello".utf8), [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]),
    (
      "masked pong", FrameHeader(opcode: .pong, maskKey: 0x3D21_FA37, payloadLength: 5), Array("Hello".utf8),
      [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
    ),
    (
      "256 bytes", FrameHeader(opcode: .binary, payloadLength: 256), Array(repeating: 7, count: 256),
      [0x82, 0x7E, 0x01, 0x00] + Array(repeating: 7, count: 256)
    ),
    (
      "64 KiB", FrameHeader(opcode: .binary, payloadLength: 65_536), Array(repeating: 7, count: 65_536),
      [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + Array(repeating: 7, count: 65_536)
    ),
  ]

  @Test(arguments: examples.indices)
  func writesTheExamples(index: Int) {
    let example = Self.examples[index]
    #expect(wire(example.header, example.payload) == example.wire, "\(example.name)")
    let frame = FrameHeader.frame(
      opcode: example.header.knownOpcode ?? .close, payload: example.payload, maskKey: example.header.maskKey, fin: example.header.fin)
    #expect(frame == example.wire, "\(example.name)")
  }

  @Test(arguments: examples.indices)
  func readsTheExamples(index: Int) {
    let example = Self.examples[index]
    let header = unsafe example.wire.withUnsafeBytes { unsafe FrameHeader(at: $0.baseAddress!) }
    #expect(header == example.header, "\(example.name)")
    #expect(header.encodedSize == example.wire.count - example.payload.count, "\(example.name)")
  }

  static let lengths: [(UInt64, Int)] = [(0, 0), (125, 0), (126, 2), (65_535, 2), (65_536, 8), (.max >> 1, 8), (.max, 8)]

  @Test(arguments: lengths, Role.allCases)
  func lengthIsAsShortAsPossible(length: (UInt64, Int), role: Role) {
    let header = FrameHeader(opcode: 2, maskKey: role.incomingKey, payloadLength: length.0)
    #expect(header.encodedSize == 2 + length.1 + (role.peer.masks ? 4 : 0))
    #expect(header.isLengthMinimal)
    var bytes: [UInt8] = [9]
    #expect(header.encode(into: &bytes) == header.encodedSize)
    #expect(bytes.count == 1 + header.encodedSize)
    #expect(FrameHeader.size(secondByte: bytes[2]) == header.encodedSize)
    #expect(unsafe bytes.withUnsafeBytes { unsafe FrameHeader(at: $0.baseAddress! + 1) } == header)
  }

  @Test func everyFirstByteSurvives() {
    for first in UInt8.min ... .max {
      let bytes: [UInt8] = [first, 0]
      let header = unsafe bytes.withUnsafeBytes { unsafe FrameHeader(at: $0.baseAddress!) }
      #expect(header.fin == (first & 0x80 != 0))
      #expect(header.rsv1 == (first & 0x40 != 0))
      #expect(header.rsv2 == (first & 0x20 != 0))
      #expect(header.rsv3 == (first & 0x10 != 0))
      #expect(header.opcode == first & 0x0F)
      #expect(header.isControl == (first & 0x0F >= 8))
      #expect((header.knownOpcode != nil) == [0, 1, 2, 8, 9, 10].contains(first & 0x0F))
      #expect(wire(header) == bytes)
      let same = FrameHeader(
        fin: header.fin, rsv1: header.rsv1, rsv2: header.rsv2, rsv3: header.rsv3, opcode: header.opcode, payloadLength: 0)
      #expect(same == header)
    }
  }

  @Test func longerLengthsCanBeSaidButAreNotMinimal() {
    #expect(wire(FrameHeader(opcode: 1, payloadLength: 5, lengthSize: 2)).prefix(4) == [0x81, 0x7E, 0, 5])
    #expect(wire(FrameHeader(opcode: 1, payloadLength: 5, lengthSize: 8)) == [0x81, 0x7F, 0, 0, 0, 0, 0, 0, 0, 5])
    #expect(!FrameHeader(opcode: 1, payloadLength: 125, lengthSize: 2).isLengthMinimal)
    #expect(!FrameHeader(opcode: 1, payloadLength: 65_535, lengthSize: 8).isLengthMinimal)
  }

  @Test func aShortBufferIsLeftAlone() {
    let header = FrameHeader(opcode: .binary, maskKey: 1, payloadLength: 70_000)
    var bytes = [UInt8](repeating: 0xEE, count: 14)
    #expect(unsafe bytes.withUnsafeMutableBytes { unsafe header.encode(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<13])) } == 0)
    #expect(bytes == [UInt8](repeating: 0xEE, count: 14))
    #expect(unsafe bytes.withUnsafeMutableBytes { unsafe header.encode(into: $0) } == 14)
    #expect(bytes == [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x70, 1, 0, 0, 0])
  }
}
