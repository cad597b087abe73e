/// What an endpoint accepts from its peer, judged at each frame's header (RFC 6455 sections 5.1 to 5.5).
///
/// A value that follows the fragmentation of one direction of one connection.
public struct FrameRules: Sendable, Equatable {
  /// A server reads masked frames, a client unmasked ones (section 5.1).
  @usableFromInline let requiresMask: Bool
  /// The reserved bits that a message's first frame may carry.
  @usableFromInline let allowedBits: UInt8
  /// Most bytes in one frame's payload.
  @usableFromInline let frameLimit: UInt64
  /// Most bytes in one message, summed over its frames.
  @usableFromInline var messageLimit: UInt64
  @usableFromInline var messageBytes: UInt64 = 0
  @usableFromInline var isFragmented = false

  /// - Parameters:
  ///   - receiver: the role of the endpoint that reads the frames, not of their sender.
  ///   - allowsRSV1: a message's first frame may be marked as compressed (RFC 7692 section 6).
  ///   - maximumFrame: most payload bytes in a data frame, as they travel; 0 is no limit.
  ///   - maximumMessage: most payload bytes in a message, as they travel; 0 is no limit.
  public init(receiver: Role, allowsRSV1: Bool = false, maximumFrame: UInt64 = 0, maximumMessage: UInt64 = 0) {
    requiresMask = receiver == .server
    allowedBits = allowsRSV1 ? 0x40 : 0
    frameLimit = maximumFrame == 0 ? .max : maximumFrame
    messageLimit = maximumMessage == 0 ? .max : maximumMessage
  }

  /// Allows messages of another size from now on, the one under way included; 0 is no limit.
  public mutating func allow(maximumMessage: UInt64) {
    messageLimit = maximumMessage == 0 ? .max : maximumMessage
  }

  /// A message has begun and its last frame's header has not been seen.
  @inlinable
  public var isInsideMessage: Bool { isFragmented }

  /// Payload bytes of the current message, or of the last one, as its headers so far announce them.
  @inlinable
  public var announcedBytes: UInt64 { messageBytes }

  /// Judges the next header of this direction and takes note of it.
  ///
  /// - Throws: the first rule it breaks; nothing may be read after that.
  @inlinable
  public mutating func check(_ header: FrameHeader) throws(ProtocolViolation) {
    let reserved = header.firstByte & 0x70
    guard let opcode = header.knownOpcode else { throw .reservedOpcode }
    guard (header.maskKey != nil) == requiresMask else { throw requiresMask ? .unmaskedFrame : .maskedFrame }
    // Section 5.2: the shortest encoding, and the highest bit of a 64-bit length is zero.
    guard header.payloadLength >> 63 == 0 else { throw .lengthOutOfRange }
    guard header.isLengthMinimal else { throw .lengthNotMinimal }

    if opcode.isControl {
      guard reserved == 0 else { throw .reservedBits }
      guard header.fin else { throw .fragmentedControl }
      guard header.payloadLength <= 125 else { throw .controlTooLong }
      return
    }
    if opcode == .continuation {
      // RFC 7692 section 6.1: only the first frame of a message is marked.
      guard reserved == 0 else { throw .reservedBits }
      guard isFragmented else { throw .unexpectedContinuation }
    } else {
      guard reserved & ~allowedBits == 0 else { throw .reservedBits }
      guard !isFragmented else { throw .interruptedMessage }
      messageBytes = 0
    }
    guard header.payloadLength <= frameLimit else { throw .frameTooBig }
    let (total, overflow) = messageBytes.addingReportingOverflow(header.payloadLength)
    guard !overflow, total <= messageLimit else { throw .messageTooBig }
    messageBytes = total
    isFragmented = !header.fin
  }
}
