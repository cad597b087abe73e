/// A RIFF WAVE file: a raw audio format and its bytes.
public struct WAVFile: Sendable, Equatable {
  public var format: AudioFormat
  /// The `data` chunk: whole frames in `format`.
  public var audio: [UInt8]

  public init(format: AudioFormat, audio: [UInt8]) {
    self.format = format
    self.audio = audio
  }

  /// PCM16 mono.
  public init(samples: [Int16], rate: Int) {
    self.init(format: AudioFormat(encoding: .pcmS16LE, rate: rate), audio: AudioEncoder.encode(samples, as: .pcmS16LE) ?? [])
  }

  /// Reads a whole file. A `data` chunk longer than the file (recorders that were cut off, streams that say 0xFFFFFFFF) ends where the file
  /// does.
  public init(reading bytes: [UInt8]) throws(WAVError) {
    let header = try WAVHeader(reading: bytes)
    let end = header.audioBytes.map { min(bytes.count, header.audioOffset + $0) } ?? bytes.count
    let frame = header.format.bytesPerFrame ?? 1
    let count = (end - header.audioOffset) / frame * frame
    self.init(format: header.format, audio: Array(bytes[header.audioOffset..<(header.audioOffset + count)]))
  }

  /// The audio as mono PCM16 at the file's own rate.
  public var samples: [Int16] {
    guard var decoder = AudioDecoder(format) else { return [] }
    return decoder.decode(audio)
  }

  public var seconds: Double { format.seconds(bytes: audio.count) ?? 0 }

  /// The file's bytes: a 44-byte header for PCM, 58 bytes (with `fact`, as the format's definition asks of non-PCM) for A-law and mu-law.
  /// Nil where the format is one that WAV's plain header can't name here.
  public var bytes: [UInt8]? {
    guard let tag = WAVHeader.tag(of: format.encoding), let frame = format.bytesPerFrame, let rate = format.bytesPerSecond
    else { return nil }
    let isPCM = tag == 1
    var output = Array("RIFF".utf8)
    let formatSize = isPCM ? 16 : 18
    output.append(little: UInt32(4 + 8 + formatSize + (isPCM ? 0 : 12) + 8 + audio.count + audio.count % 2))
    output += Array("WAVEfmt ".utf8)
    output.append(little: UInt32(formatSize))
    output.append(little: UInt16(tag))
    output.append(little: UInt16(format.channels))
    output.append(little: UInt32(format.rate))
    output.append(little: UInt32(rate))
    output.append(little: UInt16(frame))
    output.append(little: UInt16(frame / format.channels * 8))
    if !isPCM {
      output.append(little: UInt16(0))
      output += Array("fact".utf8)
      output.append(little: UInt32(4))
      output.append(little: UInt32(audio.count / frame))
    }
    output += Array("data".utf8)
    output.append(little: UInt32(audio.count))
    output += audio
    // RIFF chunks are padded to an even length.
    if audio.count % 2 == 1 { output.append(0) }
    return output
  }
}

extension [UInt8] {
  fileprivate mutating func append(little value: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
