/// A whole message (RFC 6455 section 5.6).
public enum Message: Sendable, Equatable {
  case text(String)
  case binary([UInt8])

  /// The message as one frame.
  ///
  /// - Parameter maskKey: a fresh key where a client sends, nil where a server does (section 5.1).
  public func frame(maskKey: UInt32?) -> [UInt8] {
    switch self {
    case .text(let text): FrameHeader.frame(opcode: .text, payload: Array(text.utf8), maskKey: maskKey)
    case .binary(let bytes): FrameHeader.frame(opcode: .binary, payload: bytes, maskKey: maskKey)
    }
  }
}
