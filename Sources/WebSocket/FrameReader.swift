/// Finds the frames in a stream of bytes that comes in arbitrary pieces, without keeping or moving any payload.
///
/// Only a header that two inputs share is kept, at most 13 bytes. Every header is judged by the rules before it is handed out. Nothing
/// here allocates. After a throw the reader is spent.
///
///     var offset = 0
///     while let event = try reader.next(bytes, at: &offset) { ... }
public struct FrameReader: Sendable {
  /// The rules of this direction, and where in a message they stand.
  @usableFromInline var state: FrameRules
  @usableFromInline var remaining: UInt64 = 0
  @usableFromInline var spill = InlineArray<14, UInt8>(repeating: 0)
  @usableFromInline var spillCount: UInt8 = 0
  @usableFromInline var runPhase: UInt8 = 0
  @usableFromInline var nextPhase: UInt8 = 0
  @usableFromInline var isInsideFrame = false

  @inlinable
  public init(rules: FrameRules) {
    state = rules
  }

  /// The rules, as far as they have followed the stream.
  @inlinable
  public var rules: FrameRules { state }

  /// Allows messages of another size from now on, the one under way included; 0 is no limit.
  public mutating func allow(maximumMessage: UInt64) { state.allow(maximumMessage: maximumMessage) }

  /// Between two frames: no part of a header or payload is owed.
  @inlinable
  public var isAtBoundary: Bool { !isInsideFrame && spillCount == 0 }

  /// Bytes of a header that has not come whole; they are the last bytes of the inputs so far.
  @inlinable
  public var headerBytesPending: Int { Int(spillCount) }

  /// Payload bytes of the current frame that have not come.
  @inlinable
  public var payloadBytesPending: UInt64 { remaining }

  /// Where in the four bytes of the mask key the run last handed out begins.
  @inlinable
  public var maskPhase: Int { Int(runPhase) }

  /// Copies the first `headerBytesPending` bytes of a header as they came.
  ///
  /// - Returns: the bytes copied, fewer when `buffer` is shorter.
  @discardableResult
  public func copyPendingHeader(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(headerBytesPending, buffer.count)
    for index in 0..<count { unsafe buffer[index] = spill[index] }
    return count
  }

  /// Takes the next header, or the next run of payload, from `bytes`.
  ///
  /// - Parameter offset: where to read on; moved past what was taken. Ranges are counted from the start of `bytes`.
  /// - Returns: nil when the input is used up. It asks for one more call after the last byte, since a frame may be empty.
  /// - Throws: the rule that a header broke.
  @inlinable
  public mutating func next(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) throws(ProtocolViolation) -> FrameEvent? {
    if isInsideFrame {
      let start = offset
      let available = UInt64(truncatingIfNeeded: bytes.count &- start)
      let count = min(available, remaining)
      guard count != 0 || remaining == 0 else { return nil }
      remaining &-= count
      offset = start &+ Int(truncatingIfNeeded: count)
      runPhase = nextPhase
      nextPhase = (nextPhase &+ UInt8(truncatingIfNeeded: count)) & 3
      isInsideFrame = remaining != 0
      return unsafe .payload(range: Range(uncheckedBounds: (start, offset)), isLast: remaining == 0)
    }
    guard let header = unsafe takeHeader(bytes, at: &offset) else { return nil }
    try state.check(header)
    remaining = header.payloadLength
    nextPhase = 0
    isInsideFrame = true
    return .header(header)
  }

  /// The same on a span.
  public mutating func next(_ bytes: RawSpan, at offset: inout Int) throws(ProtocolViolation) -> FrameEvent? {
    try unsafe bytes.withUnsafeBytes { (buffer) throws(ProtocolViolation) in
      try unsafe next(buffer, at: &offset)
    }
  }

  /// The usual case reads the header where it lies.
  @inlinable @inline(__always)
  mutating func takeHeader(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> FrameHeader? {
    let available = bytes.count &- offset
    if spillCount == 0, available >= 2, let base = bytes.baseAddress {
      let size = FrameHeader.size(secondByte: unsafe bytes[offset &+ 1])
      if available >= size {
        let header = unsafe FrameHeader(at: base + offset)
        offset &+= size
        return header
      }
    }
    return unsafe collectHeader(bytes, at: &offset)
  }

  /// The header began in an earlier input, or ends in a later one.
  @usableFromInline @inline(never)
  mutating func collectHeader(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> FrameHeader? {
    while offset < bytes.count {
      spill[Int(spillCount)] = unsafe bytes[offset]
      spillCount += 1
      offset += 1
      guard spillCount >= 2, Int(spillCount) == FrameHeader.size(secondByte: spill[1]) else { continue }
      spillCount = 0
      return unsafe spill.span.bytes.withUnsafeBytes { buffer in
        unsafe buffer.baseAddress.map { unsafe FrameHeader(at: $0) }
      }
    }
    return nil
  }
}
