import WebSocket

/// A small message that becomes a very large one.
enum Bomb {
  /// The compressed payload of `count` zero bytes, about a thousandth of them: blocks of 1 MB, each with its tail but the last.
  static func payload(_ count: Int) -> [UInt8] {
    var deflater = Deflater(level: 9)
    var block: [UInt8] = []
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    let done = unsafe zeros.withUnsafeBytes { unsafe deflater.compress($0, isLast: true, appendingTo: &block) }
    guard done else { return [] }
    var bytes: [UInt8] = []
    for _ in 0..<count >> 20 { bytes += block + [0x00, 0x00, 0xFF, 0xFF] }
    bytes.removeLast(4)
    return bytes
  }

  /// How many bytes a piece becomes.
  static func inflatedCount(_ piece: ArraySlice<UInt8>, by inflater: inout Inflater) throws(ProtocolViolation) -> Int {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
    defer { unsafe room.deallocate() }
    var total = 0, count = 0, offset = 0
    repeat {
      count = try unsafe piece.span.bytes.withUnsafeBytes { (piece) throws(ProtocolViolation) in
        try unsafe inflater.inflate(piece, at: &offset, into: room)
      }
      total += count
    } while count == room.count
    return total
  }
}
