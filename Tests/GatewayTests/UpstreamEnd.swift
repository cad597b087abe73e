import TestSupport
import WebSocket

/// The far end of a session that a test plays by hand: it has answered the gateway's upgrade and speaks frames.
final class UpstreamEnd {
  let connection: RawConnection
  let asked: RawConnection.Head
  private var assembler = MessageAssembler(receiver: .server)
  private var events: [MessageEvent] = []

  /// Waits for the gateway to dial.
  init(_ listener: RawListener) throws {
    connection = try listener.accept()
    asked = try connection.accept()
  }

  /// The next message or control frame; nil at the end of the connection.
  func next() throws -> MessageEvent? {
    while events.isEmpty {
      guard let bytes = try connection.take() else { return nil }
      try assembler.receive(bytes, into: &events)
    }
    return events.removeFirst()
  }

  func send(_ message: Message) throws { try connection.send(message.frame(maskKey: nil)) }

  func close(_ code: UInt16, _ reason: String = "") throws {
    let payload = ClosePayload.encode(code: CloseCode(rawValue: code), reason: reason)
    try connection.send(FrameHeader.frame(opcode: .close, payload: payload))
  }
}
