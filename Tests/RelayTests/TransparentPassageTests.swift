import TestSupport
import Testing
import WebSocket
@testable import Relay

@Suite struct TransparentPassageTests {
  /// Everything that holds whatever the stream and however it is cut.
  private func expect(_ passing: Passing, passes stream: FrameStream, _ note: Comment) {
    #expect(passing.forwarded == stream.data, note)
    #expect(passing.controls == stream.controls, note)
    #expect(passing.passage.messages == UInt64(stream.messages.count), note)
    #expect(passing.states.allSatisfy { $0.isInside != stream.boundaries.contains($0.count) }, note)
    let cutsAtBoundary = passing.runs.allSatisfy { run in
      !run.stopped || !stream.boundaries.contains { $0 > run.range.lowerBound && $0 < run.range.upperBound }
    }
    #expect(cutsAtBoundary, note)
    #expect(!passing.passage.isInsideFrame, note)
    #expect(passing.passage.carriedCount == 0, note)
  }

  @Test(arguments: [Role.client, .server])
  func randomStreamsInRandomPieces(receiver: Role) throws {
    for seed in 0..<60 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let stream = FrameStream(sender: receiver.peer, messages: 20, using: &random)
      var passing = Passing(receiver: receiver)
      let longest = [1, 3, 17, 200, 4_000, 70_000, 300_000][Int(seed % 7)]
      let pieces = random.pieces(longest < 17 ? Array(stream.bytes.prefix(20_000)) : stream.bytes, longest: longest)
      for piece in pieces { try passing.receive(piece) { random.chance(0.4) } }
      if longest < 17 { try passing.receive(Array(stream.bytes.dropFirst(20_000))) }
      expect(passing, passes: stream, "seed \(seed)")
    }
  }

  /// Frames with every size of header, each stream cut once at every byte, and then fed byte by byte.
  @Test(arguments: [Role.client, .server])
  func everySplit(receiver: Role) throws {
    var random = SeededGenerator(seed: 7)
    var stream = FrameStream(sender: receiver.peer)
    stream.add(.ping, random.quick(125))
    stream.add(.binary, random.quick(5), fin: false)
    stream.add(.pong)
    stream.add(.continuation, random.quick(200), fin: false)
    stream.add(.ping, random.quick(3))
    stream.add(.ping, random.quick(1))
    stream.add(.continuation)
    stream.add(.text)
    stream.add(.close, [3, 232] + random.text(20))
    for cut in 0...stream.bytes.count {
      for stops in [false, true] {
        var passing = Passing(receiver: receiver)
        try passing.receive(Array(stream.bytes[..<cut])) { stops }
        try passing.receive(Array(stream.bytes[cut...])) { stops }
        #expect(passing.forwarded == stream.data, "cut \(cut)")
        #expect(passing.controls == stream.controls, "cut \(cut)")
        #expect(passing.passage.messages == 2, "cut \(cut)")
      }
    }
    var passing = Passing(receiver: receiver)
    for byte in stream.bytes { try passing.receive([byte]) }
    #expect(passing.forwarded == stream.data)
    #expect(passing.controls == stream.controls)
  }

  /// The longest headers: 10 and 14 bytes.
  @Test(arguments: [Role.client, .server])
  func longHeaderSplitAtEveryByte(receiver: Role) throws {
    var stream = FrameStream(sender: receiver.peer)
    stream.add(.binary, [1])
    let start = stream.bytes.count
    stream.add(.binary, [UInt8](repeating: 9, count: 65_536))
    for cut in start...(start + FrameHeader.maximumSize) {
      var passing = Passing(receiver: receiver)
      try passing.receive(Array(stream.bytes[..<cut]))
      #expect(passing.forwarded.count + passing.passage.carriedCount == cut)
      try passing.receive(Array(stream.bytes[cut...]))
      #expect(passing.forwarded == stream.data, "cut \(cut)")
    }
  }

  /// A frame that breaks a rule, behind legal ones: those are handed out first, and nothing of the bad one is.
  @Test(arguments: [Role.client, .server])
  func violationAfterLegalFrames(receiver: Role) {
    let key: UInt32? = receiver == .server ? 0x0403_0201 : nil
    let wrongKey: UInt32? = receiver == .server ? nil : 0x0403_0201
    let offences: [(FrameHeader, ProtocolViolation)] = [
      (FrameHeader(opcode: .binary, maskKey: wrongKey, payloadLength: 3), receiver == .server ? .unmaskedFrame : .maskedFrame),
      (FrameHeader(opcode: 3, maskKey: key, payloadLength: 3), .reservedOpcode),
      (FrameHeader(opcode: 11, maskKey: key, payloadLength: 3), .reservedOpcode),
      (FrameHeader(fin: true, rsv1: true, opcode: .text, maskKey: key, payloadLength: 3), .reservedBits),
      (FrameHeader(opcode: .continuation, maskKey: key, payloadLength: 3), .unexpectedContinuation),
      (FrameHeader(fin: false, opcode: .ping, maskKey: key, payloadLength: 3), .fragmentedControl),
      (FrameHeader(opcode: .ping, maskKey: key, payloadLength: 126), .controlTooLong),
      (FrameHeader(opcode: 2, maskKey: key, payloadLength: 3, lengthSize: 2), .lengthNotMinimal),
      (FrameHeader(opcode: .binary, maskKey: key, payloadLength: 80_001), .messageTooBig),
      (FrameHeader(opcode: .binary, maskKey: key, payloadLength: 90_001), .frameTooBig),
    ]
    for (index, (header, violation)) in offences.enumerated() {
      for seed in 0..<12 as Range<UInt64> {
        var random = SeededGenerator(seed: seed &* 31 &+ UInt64(index))
        let stream = FrameStream(sender: receiver.peer, messages: random.number(0...6), using: &random)
        var bytes = stream.bytes
        header.encode(into: &bytes)
        bytes += random.quick(40)
        var passing = Passing(receiver: receiver, maximumFrame: 90_000, maximumMessage: 80_000)
        let pieces = random.pieces(bytes, longest: seed < 4 ? bytes.count : 3_000)
        #expect(throws: violation, "seed \(seed), \(violation)") {
          for piece in pieces { try passing.receive(piece) { random.chance(0.3) } }
        }
        expect(passing, passes: stream, "seed \(seed), \(violation)")
        #expect(throws: violation, "spent") { try passing.receive([0]) }
      }
    }
  }

  @Test func messageLimitCountsFragments() throws {
    var stream = FrameStream(sender: .server)
    stream.add(.text, [UInt8](repeating: 0x61, count: 60), fin: false)
    stream.add(.continuation, [UInt8](repeating: 0x61, count: 40), fin: false)
    var passing = Passing(receiver: .client, maximumMessage: 100)
    try passing.receive(stream.bytes)
    #expect(throws: ProtocolViolation.messageTooBig) { try passing.receive([0x80, 1, 0]) }
    #expect(passing.forwarded == stream.data)
    #expect(passing.passage.messages == 0)
  }
}
