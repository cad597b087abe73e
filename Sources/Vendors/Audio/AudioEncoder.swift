/// Turns mono PCM16 into the bytes of a raw format.
public enum AudioEncoder {
  /// The samples in `encoding`, the same on each of `channels`; nil for packet codecs and containers, which are not encoded here.
  public static func encode(_ samples: [Int16], as encoding: AudioEncoding, channels: Int = 1) -> [UInt8]? {
    guard let size = encoding.bytesPerSample, channels > 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(samples.count * size * channels)
    for sample in samples {
      for _ in 0..<channels { append(sample, as: encoding, to: &bytes) }
    }
    return bytes
  }

  private static func append(_ sample: Int16, as encoding: AudioEncoding, to bytes: inout [UInt8]) {
    let word = UInt16(bitPattern: sample)
    let low = UInt8(truncatingIfNeeded: word), high = UInt8(truncatingIfNeeded: word >> 8)
    switch encoding {
    case .pcmS16LE: bytes += [low, high]
    case .pcmS16BE: bytes += [high, low]
    case .pcmS24LE: bytes += [0, low, high]
    case .pcmS32LE: bytes += [0, 0, low, high]
    case .pcmF32LE:
      let float = (Float(sample) / 32767).bitPattern
      for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: float >> shift)) }
    case .pcmU8: bytes.append(high &+ 128)
    case .mulaw: bytes.append(G711.mulawEncode(sample))
    case .alaw: bytes.append(G711.alawEncode(sample))
    default: break
    }
  }
}
