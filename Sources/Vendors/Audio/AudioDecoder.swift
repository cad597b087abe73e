/// Turns raw audio bytes into mono PCM16, across as many pieces as the stream comes in.
public struct AudioDecoder: Sendable {
  public let format: AudioFormat
  private var rest: [UInt8] = []

  /// Nil where the encoding is a packet codec or container, which is not decoded here.
  public init?(_ format: AudioFormat) {
    guard format.encoding.isRaw, format.channels > 0, format.rate > 0 else { return nil }
    self.format = format
  }

  /// The samples that `bytes` completes, channels averaged. A sample cut in two waits for its second part.
  public mutating func decode(_ bytes: [UInt8]) -> [Int16] {
    let size = format.encoding.bytesPerSample ?? 1
    let frame = size * format.channels
    let input = rest.isEmpty ? bytes : rest + bytes
    let frames = input.count / frame
    rest = Array(input[(frames * frame)...])
    var samples: [Int16] = []
    samples.reserveCapacity(frames)
    for index in 0..<frames {
      var sum = 0
      for channel in 0..<format.channels {
        sum += Int(sample(input, at: index * frame + channel * size))
      }
      samples.append(Int16(clamping: sum / format.channels))
    }
    return samples
  }

  private func sample(_ bytes: [UInt8], at i: Int) -> Int16 {
    switch format.encoding {
    case .pcmS16LE: Int16(bitPattern: UInt16(bytes[i]) | UInt16(bytes[i + 1]) << 8)
    case .pcmS16BE: Int16(bitPattern: UInt16(bytes[i + 1]) | UInt16(bytes[i]) << 8)
    // Of more than sixteen bits the highest count.
    case .pcmS24LE: Int16(bitPattern: UInt16(bytes[i + 1]) | UInt16(bytes[i + 2]) << 8)
    case .pcmS24BE, .pcmS32BE: Int16(bitPattern: UInt16(bytes[i + 1]) | UInt16(bytes[i]) << 8)
    case .pcmS32LE: Int16(bitPattern: UInt16(bytes[i + 2]) | UInt16(bytes[i + 3]) << 8)
    // Silence is in the middle: without a sign, the highest bit is turned.
    case .pcmU16LE: Int16(bitPattern: (UInt16(bytes[i]) | UInt16(bytes[i + 1]) << 8) ^ 0x8000)
    case .pcmU16BE, .pcmU32BE: Int16(bitPattern: (UInt16(bytes[i + 1]) | UInt16(bytes[i]) << 8) ^ 0x8000)
    case .pcmU32LE: Int16(bitPattern: (UInt16(bytes[i + 2]) | UInt16(bytes[i + 3]) << 8) ^ 0x8000)
    case .pcmF16LE: Self.sample(float: Float(Float16(bitPattern: UInt16(bytes[i]) | UInt16(bytes[i + 1]) << 8)))
    case .pcmF32LE: Self.sample(float: Float(bitPattern: Self.word(bytes, at: i)))
    case .pcmF32BE: Self.sample(float: Float(bitPattern: Self.word(bytes, at: i).byteSwapped))
    case .pcmS8: Int16(Int8(bitPattern: bytes[i])) << 8
    case .pcmU8: (Int16(bytes[i]) - 128) << 8
    case .mulaw: G711.mulawDecode(bytes[i])
    case .alaw: G711.alawDecode(bytes[i])
    default: 0
    }
  }

  private static func word(_ bytes: [UInt8], at i: Int) -> UInt32 {
    UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8 | UInt32(bytes[i + 2]) << 16 | UInt32(bytes[i + 3]) << 24
  }

  private static func sample(float: Float) -> Int16 {
    float.isFinite ? Int16(max(-32768, min(32767, float * 32767))) : 0
  }
}
