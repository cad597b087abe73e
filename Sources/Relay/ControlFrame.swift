import WebSocket

/// A control frame on its way in, unmasked as it comes: at most 125 bytes (RFC 6455 section 5.5), and no memory between two of them.
struct ControlFrame {
  private var opcode: Opcode?
  private var key: UInt32 = 0
  private var bytes: [UInt8] = []

  /// A header has come and its payload not yet.
  var isOpen: Bool { opcode != nil }

  /// Starts on a frame if the header is one of a control frame.
  mutating func begin(_ header: FrameHeader) -> Bool {
    guard let opcode = header.knownOpcode, opcode.isControl else { return false }
    self.opcode = opcode
    key = header.maskKey ?? 0
    return true
  }

  /// Takes the next bytes of the payload; the opcode when they are the last.
  mutating func collect(_ run: UnsafeRawBufferPointer, isLast: Bool) -> Opcode? {
    let start = bytes.count
    unsafe bytes.append(contentsOf: run)
    unsafe bytes.withUnsafeMutableBytes { unsafe Mask.apply(key, phase: start, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
    guard isLast else { return nil }
    defer { opcode = nil }
    return opcode
  }

  /// The payload of the frame that has come whole.
  mutating func takePayload() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}
