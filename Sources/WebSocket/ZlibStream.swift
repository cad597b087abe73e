import CZlib
import Glibc

/// Sole owner of a `z_stream` and of the memory that zlib takes for it, counted.
///
/// zlib keeps a pointer back to the `z_stream`, so that lies on the heap. Its address is an integer because pointers are not Sendable;
/// `~Copyable` is what makes passing it on sound.
struct ZlibStream: ~Copyable, Sendable {
  private enum Direction { case deflate, inflate }

  @unsafe private struct Record {
    var stream = unsafe z_stream()
    /// Bytes that zlib holds, each block with its `header`.
    var held = 0
  }

  /// Before each block stands its size. 16 keeps the alignment of malloc.
  private static let header = 16

  private var direction = Direction.inflate
  private var bits: UInt = 0

  deinit { Self.end(bits, direction) }

  var isOpen: Bool { bits != 0 }

  /// The stream; nil when it is not open.
  var pointer: UnsafeMutablePointer<z_stream>? { unsafe UnsafeMutablePointer(bitPattern: bits) }

  /// Bytes on the heap.
  var memoryBytes: Int {
    guard let record = unsafe Self.record(bits) else { return 0 }
    return unsafe record.pointee.held + MemoryLayout<Record>.size
  }

  /// - Returns: false when there is no memory.
  mutating func openInflate(windowBits: Int) -> Bool {
    unsafe open(.inflate) { stream in
      unsafe inflateInit2_(stream, Int32(-windowBits), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }
  }

  /// - Returns: false when there is no memory.
  mutating func openDeflate(windowBits: Int, level: Int, memoryLevel: Int) -> Bool {
    unsafe open(.deflate) { stream in
      unsafe deflateInit2_(
        stream, Int32(level), Z_DEFLATED, Int32(-windowBits), Int32(memoryLevel), Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
    }
  }

  /// Frees everything.
  mutating func close() {
    Self.end(bits, direction)
    bits = 0
  }

  private mutating func open(_ direction: Direction, _ start: (UnsafeMutablePointer<z_stream>) -> Int32) -> Bool {
    close()
    let record = UnsafeMutablePointer<Record>.allocate(capacity: 1)
    unsafe record.initialize(to: Record())
    unsafe record.pointee.stream.opaque = UnsafeMutableRawPointer(record)
    unsafe record.pointee.stream.zalloc = { owner, items, size in unsafe ZlibStream.allocate(owner, Int(items) * Int(size)) }
    unsafe record.pointee.stream.zfree = { owner, block in unsafe ZlibStream.free(owner, block) }
    // The stream is the record's first member.
    guard let stream = unsafe UnsafeMutablePointer<z_stream>(bitPattern: UInt(bitPattern: record)), unsafe start(stream) == Z_OK else {
      unsafe record.deallocate()
      return false
    }
    self.direction = direction
    bits = UInt(bitPattern: record)
    return true
  }

  private static func record(_ bits: UInt) -> UnsafeMutablePointer<Record>? { unsafe UnsafeMutablePointer(bitPattern: bits) }

  private static func end(_ bits: UInt, _ direction: Direction) {
    guard let record = unsafe record(bits), let stream = unsafe UnsafeMutablePointer<z_stream>(bitPattern: bits) else { return }
    _ = direction == .deflate ? unsafe deflateEnd(stream) : unsafe inflateEnd(stream)
    unsafe record.deallocate()
  }

  private static func allocate(_ owner: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
    guard let owner = unsafe owner, let block = unsafe malloc(size + header) else { return nil }
    unsafe block.storeBytes(of: size + header, as: Int.self)
    unsafe owner.assumingMemoryBound(to: Record.self).pointee.held += size + header
    return unsafe block + header
  }

  private static func free(_ owner: UnsafeMutableRawPointer?, _ block: UnsafeMutableRawPointer?) {
    guard let owner = unsafe owner, let block = unsafe block else { return }
    let start = unsafe block - header
    unsafe owner.assumingMemoryBound(to: Record.self).pointee.held -= start.load(as: Int.self)
    unsafe Glibc.free(start)
  }
}
