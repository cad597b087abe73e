import CZlib

/// Compresses the messages of one direction of one connection (RFC 7692 section 7.2.1).
///
/// Memory: none before the first message, then 2^(windowBits+2) + 2^(memoryLevel+9) and about 6 KiB. It can be given back between
/// messages (`release`). One without context takeover keeps nothing of a message, so it can serve any number of connections with the same
/// window, one message at a time.
public struct Deflater: ~Copyable, Sendable {
  /// The window in use, 9...15.
  public let windowBits: Int
  public let contextTakeover: Bool
  /// zlib's level, 0...9.
  public let level: Int
  /// zlib's memLevel, 1...9.
  public let memoryLevel: Int
  /// Smaller messages are not worth compressing, bytes.
  public let minimumSize: Int
  /// Binary messages are not worth compressing.
  public let textOnly: Bool

  private var stream = ZlibStream()
  private var isInsideMessage = false
  private var hasInput = false
  /// zlib has answered what it never should.
  private var hasFailed = false

  /// Bytes at the end of every flush that do not travel: 00 00 FF FF.
  private static let tailSize = 4
  /// Bytes that are compressed at a time into an array.
  private static let step = 64 << 10

  /// Numbers out of range are moved to the nearest end of it.
  ///
  /// - Parameters:
  ///   - windowBits: 9...15. A peer that agreed to 8 only is not to be served by a compressor: zlib would use 9.
  ///   - memoryLevel: nil is `memoryLevel(windowBits:)`.
  public init(
    windowBits: Int = 15, contextTakeover: Bool = true, level: Int = 1, memoryLevel: Int? = nil, minimumSize: Int = 0,
    textOnly: Bool = false
  ) {
    let windowBits = min(max(windowBits, DeflateParameters.smallestSendingWindow), 15)
    self.windowBits = windowBits
    self.contextTakeover = contextTakeover
    self.level = min(max(level, 0), 9)
    self.memoryLevel = min(max(memoryLevel ?? Self.memoryLevel(windowBits: windowBits), 1), 9)
    self.minimumSize = minimumSize
    self.textOnly = textOnly
  }

  /// Another one with the same settings and no memory.
  public func fresh() -> Deflater {
    Deflater(
      windowBits: windowBits, contextTakeover: contextTakeover, level: level, memoryLevel: memoryLevel, minimumSize: minimumSize,
      textOnly: textOnly)
  }

  /// Takes the memory of another one whose messages do not refer to each other either, if it fits and this one has none: setting up zlib
  /// costs several times what compressing a short message does. Both must be between messages.
  public mutating func borrow(from other: inout Deflater) {
    guard !contextTakeover, !other.contextTakeover, !isInsideMessage, !other.isInsideMessage, !stream.isOpen, !other.hasFailed,
      windowBits == other.windowBits, level == other.level, memoryLevel == other.memoryLevel
    else { return }
    swap(&stream, &other.stream)
  }

  /// The memory level that goes with a window: as many entries in the hash table as bytes in the window, at most zlib's default.
  public static func memoryLevel(windowBits: Int) -> Int { min(max(windowBits - 7, 2), 8) }

  /// Bytes on the heap now.
  public var memoryBytes: Int { stream.memoryBytes }

  /// Most bytes on the heap: the formula of zlib's zconf.h and the state, as measured on zlib 1.2.13 with a little room for its successors.
  public static func memoryBound(windowBits: Int, memoryLevel: Int? = nil) -> Int {
    let window = min(max(windowBits, 9), 15)
    return 1 << (window + 2) + 1 << (min(max(memoryLevel ?? Self.memoryLevel(windowBits: window), 1), 9) + 9) + 6_656
  }

  /// Most bytes that a message of `count` bytes becomes, and the room that `compress` needs for it.
  public static func bound(_ count: Int) -> Int { count + count >> 2 + 64 }

  /// Whether the settings want a message of this kind and size compressed. Any message may be sent uncompressed (RFC 7692 section 6).
  public func isWorthwhile(_ opcode: Opcode, size: Int) -> Bool {
    size >= minimumSize && (opcode == .text || opcode == .binary && !textOnly)
  }

  /// Gives the memory back, between messages; within one it does nothing. A compressor may forget earlier messages at any time: the next
  /// ones just do not refer to them, at some cost in ratio.
  public mutating func release() {
    if !isInsideMessage { stream.close() }
  }

  /// Compresses a whole message.
  ///
  /// - Parameter output: room for `bound(message.count)` bytes.
  /// - Returns: the bytes written: the payload of a frame, or of several, the first marked by RSV1. nil when it cannot be compressed (no
  ///   memory, no room, or a message is being compressed in pieces): send it as it is.
  public mutating func compress(_ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    guard !isInsideMessage, message.count <= 1 << 30, output.count >= Self.bound(message.count), begin() else { return nil }
    defer { isInsideMessage = false }
    guard unsafe !message.isEmpty else {
      unsafe output[0] = 0
      return 1
    }
    var offset = 0
    let written = unsafe run(message, at: &offset, Z_SYNC_FLUSH, into: output)
    guard offset == message.count, written >= Self.tailSize, written < output.count else {
      hasFailed = true
      return nil
    }
    return written - Self.tailSize
  }

  /// Compresses the next piece of a message and appends what comes of it; it may be nothing before the last piece.
  ///
  /// - Returns: false when it cannot be compressed, which only happens at a message's first piece: send it as it is.
  public mutating func compress(_ piece: UnsafeRawBufferPointer, isLast: Bool, appendingTo bytes: inout [UInt8]) -> Bool {
    guard begin() else { return false }
    hasInput = hasInput || (unsafe !piece.isEmpty)
    if isLast { isInsideMessage = false }
    // Section 7.2.3.6: an empty block is the whole message. zlib would add none behind a flush.
    guard hasInput else {
      if isLast { bytes.append(0) }
      return true
    }
    let before = bytes.count
    var offset = 0
    while offset < piece.count || isLast {
      let end = min(piece.count, offset + Self.step)
      let part = unsafe UnsafeRawBufferPointer(rebasing: piece[..<end])
      let flush = isLast && end == piece.count ? Z_SYNC_FLUSH : Z_NO_FLUSH
      let from = offset
      let room = Self.bound(end - from)
      var written = 0
      bytes.append(addingCapacity: room) { span in
        unsafe span.withUnsafeMutableBufferPointer { space, initialized in
          // The span may offer more than was asked for.
          let output = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(space)[..<room])
          written = unsafe run(part, at: &offset, flush, into: output)
          initialized = written
        }
      }
      if flush == Z_SYNC_FLUSH {
        // With room to spare everything has come out.
        guard written == room else { break }
      } else if offset == from, written == 0 {
        hasFailed = true
        break
      }
    }
    guard isLast else { return !hasFailed }
    guard !hasFailed, bytes.count - before >= Self.tailSize else {
      hasFailed = true
      return false
    }
    bytes.removeLast(Self.tailSize)
    return true
  }

  /// The payload of a message as it is to travel compressed; nil when it should go as it is: the settings do not find it worthwhile, it
  /// cannot be compressed, or it would not become smaller.
  public mutating func compress(_ message: [UInt8], as opcode: Opcode) -> [UInt8]? {
    guard !isInsideMessage, isWorthwhile(opcode, size: message.count) else { return nil }
    var compressed: [UInt8] = []
    let isCompressed = unsafe message.span.bytes.withUnsafeBytes {
      unsafe compress($0, isLast: true, appendingTo: &compressed)
    }
    // With a context the receiver must see what later messages refer to.
    guard isCompressed, contextTakeover || compressed.count < message.count else { return nil }
    return compressed
  }

  private mutating func begin() -> Bool {
    guard !hasFailed else { return false }
    guard !isInsideMessage else { return true }
    if !stream.isOpen {
      guard stream.openDeflate(windowBits: windowBits, level: level, memoryLevel: memoryLevel) else { return false }
    } else if !contextTakeover {
      _ = unsafe deflateReset(stream.pointer)
    }
    isInsideMessage = true
    hasInput = false
    return true
  }

  /// One call of zlib; the bytes written.
  private func run(
    _ input: UnsafeRawBufferPointer, at offset: inout Int, _ flush: Int32, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard let stream = unsafe stream.pointer else { return 0 }
    // zlib never writes to its input.
    let source = unsafe input.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0 + offset) }
    unsafe stream.pointee.next_in = source?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_in = UInt32(input.count - offset)
    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(min(output.count, 1 << 31))
    _ = unsafe deflate(stream, flush)
    offset = input.count - Int(unsafe stream.pointee.avail_in)
    return min(output.count, 1 << 31) - Int(unsafe stream.pointee.avail_out)
  }
}
