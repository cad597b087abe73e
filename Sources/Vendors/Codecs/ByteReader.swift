/// Reads big-endian fields off bytes, never beyond their end.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  private(set) var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// Bytes that are left.
  var count: Int { bytes.endIndex - position }

  mutating func take(_ length: Int) throws(FramingError) -> ArraySlice<UInt8> {
    guard length >= 0, length <= count else { throw .truncated }
    defer { position += length }
    return bytes[position..<position + length]
  }

  mutating func byte() throws(FramingError) -> UInt8 {
    guard count > 0 else { throw .truncated }
    defer { position += 1 }
    return bytes[position]
  }

  /// - Parameter width: in bytes, 1...8.
  mutating func number(_ width: Int) throws(FramingError) -> UInt64 {
    try take(width).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The same as a two's complement.
  mutating func signed(_ width: Int) throws(FramingError) -> Int64 {
    let shift = UInt64(64 - 8 * width)
    return Int64(bitPattern: try number(width) << shift) >> Int64(shift)
  }

  /// A length of `width` bytes that fits in what is left.
  mutating func length(_ width: Int) throws(FramingError) -> Int {
    guard let length = Int(exactly: try number(width)), length <= count else { throw .truncated }
    return length
  }

  mutating func text(_ length: Int) throws(FramingError) -> String {
    guard let text = String(validating: try take(length), as: UTF8.self) else { throw .illegal("a text that is not UTF-8") }
    return text
  }
}

extension [UInt8] {
  /// Appends the low bytes of a number, the highest first.
  mutating func append(bigEndian number: some FixedWidthInteger, width: Int) {
    for index in stride(from: width - 1, through: 0, by: -1) { append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
  }
}
