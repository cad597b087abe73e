import CZlib

/// Gzip members (RFC 1952) whole, by zlib.
enum Gzip {
  /// zlib.h: 16 more than the window's bits is a gzip header and trailer.
  private static let windowBits: Int32 = 15 + 16

  /// - Parameter limit: more than this is an error.
  static func inflate(_ bytes: ArraySlice<UInt8>, limit: Int) throws(FramingError) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .tooLarge("a packed message")
    }
    defer { _ = unsafe inflateEnd(&stream) }
    var input = Array(bytes)
    // One byte more tells whether there would have been more.
    var output = [UInt8](repeating: 0, count: min(max(bytes.count * 4, 1024), limit + 1))
    var written = 0
    while true {
      let room = output.count - written
      let (result, left, rest) = unsafe input.withUnsafeMutableBufferPointer { source in
        unsafe output.withUnsafeMutableBufferPointer { target -> (Int32, Int, Int) in
          let taken = Int(unsafe stream.total_in)
          unsafe stream.next_in = source.baseAddress.map { unsafe $0 + taken }
          unsafe stream.avail_in = UInt32(source.count - taken)
          unsafe stream.next_out = target.baseAddress.map { unsafe $0 + written }
          unsafe stream.avail_out = UInt32(room)
          let result = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
          return (result, Int(unsafe stream.avail_in), Int(unsafe stream.avail_out))
        }
      }
      written += room - rest
      switch result {
      case Z_STREAM_END:
        guard left == 0 else { throw .excess(left) }
        guard written <= limit else { throw .tooLarge("a packed message") }
        return Array(output[..<written])
      case Z_OK where rest == 0, Z_BUF_ERROR where rest == 0:
        guard output.count <= limit else { throw .tooLarge("a packed message") }
        output += [UInt8](repeating: 0, count: min(output.count, limit + 1 - output.count))
      case Z_OK where left > 0: continue
      case Z_OK, Z_BUF_ERROR: throw .truncated
      default: throw .illegal("a payload that is no gzip")
      }
    }
  }

  static func deflate(_ bytes: [UInt8]) -> [UInt8] {
    var stream = unsafe z_stream()
    let opened = unsafe deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard opened == Z_OK else { return [] }
    defer { _ = unsafe deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))))
    let left = unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target -> Int in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = UInt32(source.count)
        unsafe stream.next_out = target.baseAddress
        unsafe stream.avail_out = UInt32(target.count)
        _ = unsafe CZlib.deflate(&stream, Z_FINISH)
        return Int(unsafe stream.avail_out)
      }
    }
    output.removeLast(left)
    return output
  }
}
