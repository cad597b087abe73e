/// Looks for what ends a stretch of plain characters in a JSON string.
enum JSONTextSearch {
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// The first byte from `start` on that is a quotation mark, a backslash, a control character or not ASCII; `end` if there is none. It looks
  /// at eight bytes at a time: a subtraction of 1 borrows from the high bit of a byte only where the byte is 0, and of bytes above it.
  @inline(__always)
  static func special(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    var at = start
    while at &+ 8 <= end {
      let bytes = UInt64(littleEndian: unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let quote = bytes ^ (ones &* 0x22)
      let backslash = bytes ^ (ones &* 0x5C)
      let hits = (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | (bytes &- ones &* 0x20) | bytes) & (ones &* 0x80)
      if hits != 0 { return at &+ hits.trailingZeroBitCount &>> 3 }
      at &+= 8
    }
    while at < end {
      let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
      if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { break }
      at &+= 1
    }
    return at
  }
}
