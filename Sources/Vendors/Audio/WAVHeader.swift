/// What stands before the audio of a RIFF WAVE file or stream.
public struct WAVHeader: Sendable, Equatable {
  public var format: AudioFormat
  /// Where the first sample is.
  public var audioOffset: Int
  /// Bytes of audio that the header announces; nil for a stream of unknown length (0 or 0xFFFFFFFF).
  public var audioBytes: Int?

  /// Reads the chunks up to `data`. Throws `.truncated` while they are not all there, so a stream's reader can wait for more.
  public init(reading bytes: [UInt8]) throws(WAVError) {
    guard bytes.count >= 12 else {
      let shared = min(bytes.count, 4)
      guard bytes[..<shared].elementsEqual(Array("RIFF".utf8)[..<shared]) else { throw .notWAV }
      throw .truncated
    }
    guard Self.name(bytes, at: 0) == "RIFF", Self.name(bytes, at: 8) == "WAVE" else { throw .notWAV }
    var offset = 12
    var format: AudioFormat?
    while true {
      guard offset + 8 <= bytes.count else { throw .truncated }
      let name = Self.name(bytes, at: offset)
      let size = Self.number(bytes, at: offset + 4, bytes: 4)
      offset += 8
      if name == "data" {
        guard let format else { throw .malformedFormat("no 'fmt ' chunk before its audio") }
        self.format = format
        audioOffset = offset
        audioBytes = size == 0 || size == 0xFFFF_FFFF ? nil : size
        return
      }
      if name == "fmt " {
        guard size >= 16 else { throw .malformedFormat("a 'fmt ' chunk of \(size) bytes; expected at least 16") }
        guard offset + min(size, 40) <= bytes.count else { throw .truncated }
        format = try Self.format(bytes, at: offset, size: size)
      }
      // Chunks are padded to an even length; a size beyond the file runs into `.truncated` above.
      offset += size + size % 2
    }
  }

  private static func format(_ bytes: [UInt8], at offset: Int, size: Int) throws(WAVError) -> AudioFormat {
    var tag = number(bytes, at: offset, bytes: 2)
    let channels = number(bytes, at: offset + 2, bytes: 2)
    let rate = number(bytes, at: offset + 4, bytes: 4)
    let bits = number(bytes, at: offset + 14, bytes: 2)
    // WAVE_FORMAT_EXTENSIBLE: the real tag is the first two bytes of the sub-format GUID.
    if tag == 0xFFFE {
      guard size >= 40 else { throw .malformedFormat("an extensible 'fmt ' chunk of \(size) bytes; expected 40") }
      tag = number(bytes, at: offset + 24, bytes: 2)
    }
    guard (1...64).contains(channels) else { throw .malformedFormat("\(channels) channels; expected 1 to 64") }
    guard (1...768_000).contains(rate) else { throw .malformedFormat("a sample rate of \(rate) Hz") }
    let encoding: AudioEncoding
    switch (tag, bits) {
    case (1, 8): encoding = .pcmU8
    case (1, 16): encoding = .pcmS16LE
    case (1, 24): encoding = .pcmS24LE
    case (1, 32): encoding = .pcmS32LE
    case (3, 32): encoding = .pcmF32LE
    case (6, 8): encoding = .alaw
    case (7, 8): encoding = .mulaw
    default: throw .unsupported(tag: tag, bits: bits)
    }
    return AudioFormat(encoding: encoding, rate: rate, channels: channels)
  }

  static func tag(of encoding: AudioEncoding) -> Int? {
    switch encoding {
    case .pcmU8, .pcmS16LE, .pcmS24LE, .pcmS32LE: 1
    case .pcmF32LE: 3
    case .alaw: 6
    case .mulaw: 7
    default: nil
    }
  }

  private static func name(_ bytes: [UInt8], at offset: Int) -> String {
    String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self)
  }

  private static func number(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> Int {
    var value = 0
    for index in 0..<count { value |= Int(bytes[offset + index]) << (8 * index) }
    return value
  }
}
