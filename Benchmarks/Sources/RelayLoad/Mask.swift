/// Masking, RFC 6455 section 5.3.
enum Mask {
  /// Copies `source` while applying `key`, beginning at byte `offset` of the frame's payload. The two must not overlap.
  @inline(__always)
  static func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer, key: UInt32, offset: Int) {
    guard let from = source.baseAddress else { return }
    let shift = UInt32(offset & 3) * 8
    let turned = shift == 0 ? key : key >> shift | key << (32 - shift)
    let wide = UInt64(turned) << 32 | UInt64(turned)
    var index = 0
    while index + 8 <= source.count {
      target.storeBytes(of: from.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wide, toByteOffset: index, as: UInt64.self)
      index += 8
    }
    while index < source.count {
      let byte = UInt8(truncatingIfNeeded: turned >> (UInt32(index & 3) * 8))
      target.storeBytes(of: from.load(fromByteOffset: index, as: UInt8.self) ^ byte, toByteOffset: index, as: UInt8.self)
      index += 1
    }
  }
}
