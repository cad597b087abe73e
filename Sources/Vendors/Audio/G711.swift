/// ITU-T G.711 companding between 16-bit linear samples and one byte.
public enum G711 {
  /// One mu-law byte as a 16-bit sample (G.711 table 2a/2b, scaled from 14 to 16 bits).
  public static func mulawDecode(_ byte: UInt8) -> Int16 {
    let value = ~byte
    let exponent = Int32((value >> 4) & 7)
    let magnitude = ((Int32(value & 15) << 3) + 0x84) << exponent - 0x84
    return Int16(value & 0x80 != 0 ? -magnitude : magnitude)
  }

  /// A 16-bit sample as a mu-law byte; samples above 32635 are clipped, as the code has no larger step.
  public static func mulawEncode(_ sample: Int16) -> UInt8 {
    let negative = sample < 0
    let magnitude = min(Int32(sample).magnitude, 32635) + 0x84
    let exponent = 24 - UInt32(magnitude.leadingZeroBitCount)
    let mantissa = (magnitude >> (exponent + 3)) & 15
    return ~UInt8((negative ? 0x80 : 0) | exponent << 4 | mantissa)
  }

  /// One A-law byte as a 16-bit sample (G.711 table 1a/1b, scaled from 13 to 16 bits).
  public static func alawDecode(_ byte: UInt8) -> Int16 {
    let value = byte ^ 0x55
    let exponent = Int32((value >> 4) & 7)
    let mantissa = Int32(value & 15) << 4 + 8
    let magnitude = exponent == 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
    return Int16(value & 0x80 != 0 ? magnitude : -magnitude)
  }

  /// A 16-bit sample as an A-law byte.
  public static func alawEncode(_ sample: Int16) -> UInt8 {
    let negative = sample < 0
    // One's complement keeps -1 and -32768 in range and on the negative side's first step.
    let magnitude = UInt32(negative ? ~sample : sample) >> 4
    let code: UInt32
    if magnitude < 16 {
      code = magnitude
    } else {
      let exponent = 28 - UInt32(magnitude.leadingZeroBitCount)
      code = exponent << 4 | (magnitude >> (exponent - 1)) & 15
    }
    return UInt8((negative ? 0 : 0x80) | code) ^ 0x55
  }
}
