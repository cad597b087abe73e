import Testing

@testable import WebSocket

@Suite("Opcodes and roles, RFC 6455 sections 5.1 and 5.2")
struct OpcodeTests {
  @Test(
    arguments: [
      (Opcode.continuation, 0x0, false), (.text, 0x1, false), (.binary, 0x2, false), (.close, 0x8, true), (.ping, 0x9, true),
      (.pong, 0xA, true),
    ] as [(Opcode, UInt8, Bool)])
  func values(opcode: Opcode, value: UInt8, isControl: Bool) {
    #expect(opcode.rawValue == value)
    #expect(opcode.isControl == isControl)
  }

  @Test func clientsMask() {
    #expect(Role.client.masks && !Role.server.masks)
    #expect(Role.client.peer == .server && Role.server.peer == .client)
  }
}
