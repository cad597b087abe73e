/// What a message assembler found in its input.
public enum MessageEvent: Sendable, Equatable {
  case message(Message)
  /// To be answered by a pong with the same payload (RFC 6455 section 5.5.2).
  case ping([UInt8])
  case pong([UInt8])
  /// The peer's Close frame; whatever comes after it is discarded (section 5.5.1).
  case close(ClosePayload)
}
