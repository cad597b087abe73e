/// What a frame carries (RFC 6455 section 5.2). The values 3-7 and 11-15 are reserved and have no case.
public enum Opcode: UInt8, Sendable, Equatable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  /// Close, ping and pong: never fragmented, at most 125 bytes, may stand between the frames of a message (section 5.5).
  @inlinable
  public var isControl: Bool { rawValue & 8 != 0 }
}
