import TestSupport
import Testing
import WebSocket
@testable import Relay

@Suite struct ControlFrameTests {
  private func collect(_ bytes: [UInt8], isLast: Bool, _ control: inout ControlFrame) -> Opcode? {
    unsafe bytes.withUnsafeBytes { unsafe control.collect($0, isLast: isLast) }
  }

  private func begin(_ header: FrameHeader, _ control: inout ControlFrame) -> Bool { control.begin(header) }

  private func payload(of control: inout ControlFrame) -> [UInt8] { control.takePayload() }

  @Test(arguments: [Opcode.continuation, .text, .binary])
  func dataFramesAreNotTaken(opcode: Opcode) {
    var control = ControlFrame()
    #expect(!begin(FrameHeader(opcode: opcode, payloadLength: 3), &control))
    #expect(!control.isOpen)
  }

  @Test(arguments: [Opcode.close, .ping, .pong], [nil, 0xA1B2_C3D4] as [UInt32?])
  func payloadInPieces(opcode: Opcode, key: UInt32?) {
    var control = ControlFrame()
    for seed in 0..<60 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let expected = random.quick(random.number(0...125))
      var masked = expected
      if let key { Mask.apply(key, to: &masked) }
      #expect(begin(FrameHeader(opcode: opcode, maskKey: key, payloadLength: expected.count), &control))
      for piece in random.split(masked, longest: 40) {
        #expect(control.isOpen)
        #expect(collect(piece, isLast: false, &control) == nil, "seed \(seed)")
      }
      #expect(collect([], isLast: true, &control) == opcode, "seed \(seed)")
      #expect(!control.isOpen)
      #expect(payload(of: &control) == expected, "seed \(seed)")
      #expect(payload(of: &control).isEmpty)
    }
  }

  @Test func onePiece() {
    var control = ControlFrame()
    #expect(begin(FrameHeader(opcode: .ping, payloadLength: 2), &control))
    #expect(collect([1, 2], isLast: true, &control) == .ping)
    #expect(payload(of: &control) == [1, 2])
    #expect(begin(FrameHeader(opcode: .pong, payloadLength: 0), &control))
    #expect(collect([], isLast: true, &control) == .pong)
    #expect(payload(of: &control).isEmpty)
  }
}
