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
    case .pcmS24BE: bytes += [high, low, 0]
    case .pcmS32LE: bytes += [0, 0, low, high]
    case .pcmS32BE: bytes += [high, low, 0, 0]
    case .pcmU16LE: bytes += [low, high ^ 0x80]
    case .pcmU16BE: bytes += [high ^ 0x80, low]
    case .pcmU32LE: bytes += [0, 0, low, high ^ 0x80]
    case .pcmU32BE: bytes += [high ^ 0x80, low, 0, 0]
    case .pcmF16LE:
      let float = Float16(Float(sample) / 32767).bitPattern
      bytes += [UInt8(truncatingIfNeeded: float), UInt8(truncatingIfNeeded: float >> 8)]
    case .pcmF32LE, .pcmF32BE:
      let float = (Float(sample) / 32767).bitPattern
      let shifts: [UInt32] = encoding == .pcmF32LE ? [0, 8, 16, 24] : [24, 16, 8, 0]
      for shift in shifts { bytes.append(UInt8(truncatingIfNeeded: float >> shift)) }
    case .pcmS8: bytes.append(high)
    case .pcmU8: bytes.append(high &+ 128)
    case .mulaw: bytes.append(G711.mulawEncode(sample))
    case .alaw: bytes.append(G711.alawEncode(sample))
    default: break
    }
  }
}
