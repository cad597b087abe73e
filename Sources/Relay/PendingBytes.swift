/// Bytes that a socket would not take, in one block of memory that exists only while some wait.
@safe struct PendingBytes: ~Copyable {
  private var memory: UnsafeMutableRawPointer?
  private var start: UInt32 = 0
  private var end: UInt32 = 0
  private var capacity: UInt32 = 0

  init() {
    unsafe memory = nil
  }

  deinit {
    unsafe memory?.deallocate()
  }

  var count: Int { Int(end - start) }
  var isEmpty: Bool { end == start }

  /// What waits.
  var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: memory.map { unsafe $0 + Int(start) }, count: count) }

  /// Appends bytes.
  ///
  /// - Parameter limit: what usually is the most that waits. Memory doubles up to there, and beyond it as well: what goes past it would
  ///   else be copied with each piece.
  mutating func append(_ more: UnsafeRawBufferPointer, limit: Int) {
    guard let source = more.baseAddress else { return }
    if Int(end) + more.count > Int(capacity) { grow(to: max(4096, count + more.count, count < limit ? min(2 * count, limit) : 2 * count)) }
    guard let memory = unsafe memory else { return }
    unsafe (memory + Int(end)).copyMemory(from: source, byteCount: more.count)
    end += UInt32(more.count)
  }

  private mutating func grow(to size: Int) {
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    let waiting = unsafe bytes
    if let source = waiting.baseAddress { unsafe fresh.copyMemory(from: source, byteCount: waiting.count) }
    unsafe memory?.deallocate()
    unsafe memory = fresh
    end = UInt32(waiting.count)
    start = 0
    capacity = UInt32(size)
  }

  /// The first bytes are written.
  mutating func remove(_ written: Int) {
    start += UInt32(written)
    if isEmpty { self = PendingBytes() }
  }
}
