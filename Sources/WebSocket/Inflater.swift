import CZlib

/// Inflates the compressed messages of one direction of one connection (RFC 7692 section 7.2.2), in steps of the caller's buffer.
///
/// A message costs the caller's buffer and nothing else, however large it becomes:
///
///     var offset = 0, count = 0
///     repeat {
///       count = try inflater.inflate(piece, at: &offset, into: buffer)
///       use(buffer[..<count])
///     } while count == buffer.count
///
/// and `finish` behind a message's last piece.
///
/// Memory: none before the first compressed message, then about 7 KiB and the window, 2^windowBits. Without context takeover it can be
/// given back between messages (`release`).
public struct Inflater: ~Copyable, Sendable {
  public let contextTakeover: Bool
  /// They hold for the message under way as well when they change.
  public var limits: DeflateLimits
  /// The window in use, 9...15. A larger one than the sender's reads the same, and senders that round 8 up to 9 are common.
  public let windowBits: Int
  /// Bytes of the current message so far, or of the last one, as they travelled.
  public private(set) var compressedBytes = 0
  /// Bytes of the current message so far, or of the last one, inflated.
  public private(set) var inflatedBytes = 0

  private var stream = ZlibStream()
  private var failure: ProtocolViolation?
  private var isInsideMessage = false
  /// The last byte so far ended a block marked as the final one.
  private var hasEnded = false

  /// - Parameters:
  ///   - windowBits: the sender's window, 8...15; numbers outside are moved to the nearest.
  ///   - contextTakeover: whether a message may refer to earlier ones.
  public init(windowBits: Int = 15, contextTakeover: Bool = true, limits: DeflateLimits = DeflateLimits()) {
    self.windowBits = min(max(windowBits, DeflateParameters.smallestSendingWindow), 15)
    self.contextTakeover = contextTakeover
    self.limits = limits
  }

  /// Bytes on the heap now.
  public var memoryBytes: Int { stream.memoryBytes }

  /// Most bytes on the heap for a window: measured on zlib 1.2.13, with a little room for its successors.
  public static func memoryBound(windowBits: Int) -> Int { 1 << min(max(windowBits, 9), 15) + 7_680 }

  /// Gives the memory back where that loses nothing: between messages, without context takeover. Otherwise does nothing.
  public mutating func release() {
    if !contextTakeover, !isInsideMessage { stream.close() }
  }

  /// Takes the next bytes of a message's payload, unmasked, of whatever frame, and writes what they become to `output`.
  ///
  /// - Parameter offset: where in `input` to read on; moved past what was taken.
  /// - Returns: the bytes written. While it is `output.count`, which must not be 0, there may be more: call again. When it is less, the
  ///   input is used up.
  /// - Throws: `messageTooBig` beyond the limits (or when memory has run out), `badCompression` for what is no deflate. The inflater is
  ///   then spent, and throws the same at every call.
  public mutating func inflate(
    _ input: UnsafeRawBufferPointer, at offset: inout Int, into output: UnsafeMutableRawBufferPointer
  ) throws(ProtocolViolation) -> Int {
    do throws(ProtocolViolation) {
      try begin()
      let start = offset
      defer { compressedBytes += offset - start }
      return try unsafe run(input, at: &offset, into: output)
    } catch {
      throw fail(error)
    }
  }

  /// Ends the message. Everything it becomes has been written before, so this writes nothing, and the next call begins another message.
  ///
  /// - Throws: as `inflate`; `badCompression` also when the message is cut short.
  public mutating func finish() throws(ProtocolViolation) {
    do throws(ProtocolViolation) {
      try begin()
      // A sender that marks its last block as final and adds no octet behind it (as section 7.2.3.4 shows) has nothing cut off.
      if !hasEnded { try takeTail() }
      isInsideMessage = false
    } catch {
      throw fail(error)
    }
  }

  /// What a sender takes off each message: the length fields of the empty stored block at its end (section 7.2.1). They must be taken as
  /// that: they make no output, and behind them zlib stands between two blocks and between two bytes.
  private mutating func takeTail() throws(ProtocolViolation) {
    let tail: InlineArray<4, UInt8> = [0x00, 0x00, 0xFF, 0xFF]
    var nothing = InlineArray<8, UInt8>(repeating: 0)
    var span = nothing.mutableSpan
    let written = try unsafe span.withUnsafeMutableBytes { (output) throws(ProtocolViolation) in
      try unsafe tail.span.bytes.withUnsafeBytes { (bytes) throws(ProtocolViolation) in
        var taken = 0
        return try unsafe run(bytes, at: &taken, into: output)
      }
    }
    // zlib.h on data_type: 128 just after a block, plus the number of bits left of the last byte.
    guard written == 0, let stream = unsafe stream.pointer, unsafe stream.pointee.data_type == 128 else { throw .badCompression }
  }

  private mutating func begin() throws(ProtocolViolation) {
    if let failure { throw failure }
    guard !isInsideMessage else { return }
    if !stream.isOpen {
      guard stream.openInflate(windowBits: windowBits) else { throw .messageTooBig }
    } else if !contextTakeover {
      _ = unsafe inflateReset(stream.pointer)
    }
    isInsideMessage = true
    compressedBytes = 0
    inflatedBytes = 0
    hasEnded = false
  }

  private mutating func fail(_ violation: ProtocolViolation) -> ProtocolViolation {
    failure = violation
    stream.close()
    return violation
  }

  private mutating func run(
    _ input: UnsafeRawBufferPointer, at offset: inout Int, into output: UnsafeMutableRawBufferPointer
  ) throws(ProtocolViolation) -> Int {
    guard let stream = unsafe stream.pointer, let target = output.baseAddress else { return 0 }
    let consumedBefore = compressedBytes
    let start = offset
    var written = 0
    while true {
      let available = min(input.count - offset, 1 << 30)
      let room = min(output.count - written, 1 << 30)
      // zlib never writes to its input.
      let source = unsafe input.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0 + offset) }
      unsafe stream.pointee.next_in = source?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_in = UInt32(available)
      unsafe stream.pointee.next_out = (target + written).assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_out = UInt32(room)
      let result = unsafe CZlib.inflate(stream, Z_SYNC_FLUSH)
      let consumed = available - Int(unsafe stream.pointee.avail_in)
      let produced = room - Int(unsafe stream.pointee.avail_out)
      offset += consumed
      written += produced
      inflatedBytes += produced
      if consumed > 0 { hasEnded = false }
      try limits.check(inflated: inflatedBytes, compressed: consumedBefore + offset - start)

      switch result {
      case Z_OK: break
      // No progress was possible, since nothing is left to read or to fill.
      case Z_BUF_ERROR where offset == input.count || written == output.count: break
      case Z_STREAM_END:
        // Section 7.2.3.4: a block may be marked as the last one, and others follow. Unlike inflateReset this keeps the window.
        _ = unsafe inflateResetKeep(stream)
        hasEnded = true
      case Z_MEM_ERROR: throw .messageTooBig
      default: throw .badCompression
      }
      if offset == input.count || written == output.count { return written }
    }
  }
}

extension Inflater {
  /// The same for a receiver that wants the message in an array: appends what the piece becomes.
  ///
  /// - Parameter isLast: the message ends with this piece.
  public mutating func inflate(
    _ piece: UnsafeRawBufferPointer, isLast: Bool, appendingTo bytes: inout [UInt8]
  ) throws(ProtocolViolation) {
    // As much as a text usually becomes, so that a short message does not hold a long array.
    let step = min(max(piece.count * 8, 256), 16 << 10)
    var offset = 0
    var count = 0
    repeat {
      try bytes.append(addingCapacity: step) { (span) throws(ProtocolViolation) in
        count = try unsafe span.withUnsafeMutableBufferPointer { (room, initialized) throws(ProtocolViolation) in
          // The span may offer more than was asked for.
          let output = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(room)[..<step])
          initialized = try unsafe inflate(piece, at: &offset, into: output)
          return initialized
        }
      }
    } while count == step
    if isLast { try finish() }
  }

  /// The same on an array.
  public mutating func inflate(_ piece: [UInt8], isLast: Bool, appendingTo bytes: inout [UInt8]) throws(ProtocolViolation) {
    try unsafe piece.span.bytes.withUnsafeBytes { (piece) throws(ProtocolViolation) in
      try unsafe inflate(piece, isLast: isLast, appendingTo: &bytes)
    }
  }
}
