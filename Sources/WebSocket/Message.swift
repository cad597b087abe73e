/// A whole message (RFC 6455 section 5.6).
public enum Message: Sendable, Equatable {
  case text(String)
  case binary([UInt8])

  /// Bytes of payload.
  public var count: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let bytes): bytes.count
    }
  }

  /// The message as one frame.
  ///
  /// - Parameter maskKey: a fresh key where a client sends, nil where a server does (section 5.1).
  public func frame(maskKey: UInt32?) -> [UInt8] {
    switch self {
    case .text(let text): FrameHeader.frame(opcode: .text, payload: Array(text.utf8), maskKey: maskKey)
    case .binary(let bytes): FrameHeader.frame(opcode: .binary, payload: bytes, maskKey: maskKey)
    }
  }

  /// The message as one frame, compressed where an extension was agreed and the deflater's settings find it worthwhile.
  ///
  /// - Parameter deflater: that of what this end sends; nil where permessage-deflate was not agreed.
  public func frame(maskKey: UInt32?, deflater: inout Deflater?) -> [UInt8] {
    let (opcode, payload) =
      switch self {
      case .text(let text): (Opcode.text, Array(text.utf8))
      case .binary(let bytes): (Opcode.binary, bytes)
      }
    guard let compressed = deflater?.compress(payload, as: opcode) else { return frame(maskKey: maskKey) }
    return FrameHeader.frame(opcode: opcode, payload: compressed, maskKey: maskKey, rsv1: true)
  }
}
