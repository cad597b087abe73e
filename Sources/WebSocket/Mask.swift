/// The masking of client payloads (RFC 6455 section 5.3): byte `i` is XORed with byte `i % 4` of the key. Masking twice is unmasking.
///
/// Keys are in wire order, as in `FrameHeader.maskKey`.
public enum Mask {
  /// Masks bytes in place.
  ///
  /// - Parameter phase: how many bytes of the frame's payload came before these; only its value modulo 4 matters.
  public static func apply(_ key: UInt32, phase: Int, to bytes: UnsafeMutableRawBufferPointer) {
    unsafe apply(key, phase: phase, from: UnsafeRawBufferPointer(bytes), to: bytes)
  }

  /// Masks bytes on their way to another place; as many as the shorter buffer holds. The two may be the same, but not overlap otherwise.
  public static func apply(_ key: UInt32, phase: Int, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let count = min(source.count, target.count)
    let rotated = rotate(key, by: phase)
    let lane = (UInt64(rotated) | UInt64(rotated) << 32).littleEndian
    let wholeLanes = count & ~7
    var index = 0
    while index < wholeLanes {
      let value = unsafe from.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      unsafe to.storeBytes(of: value ^ lane, toByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    // A lane is two turns of the key, so the rest starts at the same phase.
    while index < count {
      let byte = UInt8(truncatingIfNeeded: rotated >> UInt32((index & 3) &* 8))
      unsafe to.storeBytes(of: from.load(fromByteOffset: index, as: UInt8.self) ^ byte, toByteOffset: index, as: UInt8.self)
      index &+= 1
    }
  }

  /// Masks an array in place.
  public static func apply(_ key: UInt32, phase: Int = 0, to bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { unsafe apply(key, phase: phase, to: $0) }
  }

  /// The key as it stands `phase` bytes into a payload.
  static func rotate(_ key: UInt32, by phase: Int) -> UInt32 {
    let shift = UInt32(truncatingIfNeeded: phase & 3) &* 8
    return shift == 0 ? key : key >> shift | key << (32 &- shift)
  }
}
