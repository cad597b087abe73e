/// Cuts a byte stream into pieces of frames without keeping any payload.
struct FrameScanner {
  /// What one buffer holds of one frame. A frame gives one piece or more, the first as soon as its header is complete.
  struct Piece {
    let header: FrameHeader
    let isFirst: Bool
    let isLast: Bool
    /// Where the payload begins in the frame.
    let offset: Int
    /// Where the payload lies in the buffer.
    let payload: Range<Int>
  }

  private var header = FrameHeader()
  private var isInPayload = false
  private var done = 0
  /// A header that the end of a buffer cut: at most 13 of its bytes.
  private var spill = InlineArray<14, UInt8>(repeating: 0)
  private var spilled = 0

  /// The next piece from `position` on, which moves past it; nil where the buffer ends before a header does.
  @inline(__always)
  mutating func next(in bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Piece? {
    let isFirst = !isInPayload
    if isFirst {
      guard position < bytes.count, readHeader(bytes, &position) else { return nil }
      isInPayload = true
      done = 0
    } else if position == bytes.count {
      return nil
    }
    let offset = done
    let count = min(header.length - done, bytes.count - position)
    let payload = position..<position + count
    position += count
    done += count
    let isLast = done == header.length
    if isLast { isInPayload = false }
    return Piece(header: header, isFirst: isFirst, isLast: isLast, offset: offset, payload: payload)
  }

  @inline(__always)
  private mutating func readHeader(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Bool {
    if spilled == 0 {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      if rest.count >= 2, case let size = Self.size(rest[1]), rest.count >= size {
        parse(rest, size)
        position += size
        return true
      }
    }
    return collectHeader(bytes, &position)
  }

  private mutating func collectHeader(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Bool {
    while position < bytes.count {
      spill[spilled] = bytes[position]
      spilled += 1
      position += 1
      if spilled >= 2, case let size = Self.size(spill[1]), spilled == size {
        var copy = spill
        withUnsafeBytes(of: &copy) { parse($0, size) }
        spilled = 0
        return true
      }
    }
    return false
  }

  @inline(__always)
  private static func size(_ second: UInt8) -> Int {
    let length = second & 0x7F
    return (length < 126 ? 2 : length == 126 ? 4 : 10) + (second & 0x80 == 0 ? 0 : 4)
  }

  @inline(__always)
  private mutating func parse(_ bytes: UnsafeRawBufferPointer, _ size: Int) {
    header.first = bytes[0]
    switch bytes[1] & 0x7F {
    case 126: header.length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    case 127: header.length = Int(UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self)) & 0x7FFF_FFFF_FFFF_FFFF)
    case let length: header.length = Int(length)
    }
    header.mask = bytes[1] & 0x80 == 0 ? 0 : bytes.loadUnaligned(fromByteOffset: size - 4, as: UInt32.self)
  }
}
