import TestSupport
import Testing
@testable import Vendors

@Suite struct WAVFileTests {
  static let formats: [(AudioFormat, header: Int)] = [
    (AudioFormat(encoding: .pcmS16LE, rate: 16_000), 44), (AudioFormat(encoding: .pcmS16LE, rate: 48_000, channels: 2), 44),
    (AudioFormat(encoding: .pcmU8, rate: 8_000), 44), (AudioFormat(encoding: .pcmS24LE, rate: 44_100), 44),
    (AudioFormat(encoding: .pcmS32LE, rate: 16_000), 44),
    (AudioFormat(encoding: .mulaw, rate: 8_000), 58), (AudioFormat(encoding: .alaw, rate: 8_000), 58),
    (AudioFormat(encoding: .pcmF32LE, rate: 24_000), 58),
  ]

  @Test(arguments: formats)
  func whatIsWrittenIsRead(format: AudioFormat, header: Int) throws {
    let audio = (0..<((format.bytesPerFrame ?? 1) * 7)).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let bytes = try #require(WAVFile(format: format, audio: audio).bytes)
    #expect(try WAVHeader(reading: bytes).audioOffset == header)
    #expect(bytes.count % 2 == 0)
    #expect(try WAVFile(reading: bytes) == WAVFile(format: format, audio: audio))
  }

  @Test func aKnownHeader() throws {
    let bytes = try #require(WAVFile(samples: [1, -2], rate: 8000).bytes)
    #expect(
      bytes == Array("RIFF".utf8) + [40, 0, 0, 0] + Array("WAVEfmt ".utf8) + [
        16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E,
        0, 0, 2, 0, 16, 0,
      ]
        + Array("data".utf8) + [4, 0, 0, 0, 1, 0, 0xFE, 0xFF])
  }

  @Test func whatHasNoWAVFormHasNoBytes() {
    #expect(WAVFile(format: AudioFormat(encoding: .opus, rate: 48_000), audio: [1]).bytes == nil)
  }

  @Test func otherChunksAreSkipped() throws {
    let plain = try #require(WAVFile(samples: [5, 6], rate: 8000).bytes)
    let list = Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0]
    #expect(try WAVFile(reading: Array(plain[..<12]) + list + Array(plain[12...])).samples == [5, 6])
  }

  @Test func anExtensibleFormatIsWhatItsGUIDSays() throws {
    var bytes =
      Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WAVEfmt ".utf8) + [
        40, 0, 0, 0, 0xFE, 0xFF, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E,
        0, 0, 2, 0, 16, 0, 22, 0, 16, 0, 0, 0, 0, 0,
      ]
    bytes += [1, 0] + [UInt8](repeating: 0, count: 14) + Array("data".utf8) + [2, 0, 0, 0, 9, 0]
    #expect(try WAVFile(reading: bytes).samples == [9])
  }

  @Test(arguments: [UInt32(0), 0xFFFF_FFFF, 1000])
  func aLengthBeyondTheFileEndsWithIt(length: UInt32) throws {
    var bytes = try #require(WAVFile(samples: [1, 2, 3], rate: 8000).bytes)
    for index in 0..<4 { bytes[40 + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
    #expect(try WAVFile(reading: bytes + [7]).samples == [1, 2, 3])
  }

  @Test func everyCutOfAFileIsToldApart() throws {
    let bytes = try #require(WAVFile(samples: [1, 2, 3], rate: 8000).bytes)
    for count in 0..<44 { #expect(throws: WAVError.truncated, "\(count) bytes") { try WAVFile(reading: Array(bytes[..<count])) } }
    for count in 44...bytes.count { #expect(try WAVFile(reading: Array(bytes[..<count])).samples.count == (count - 44) / 2) }
  }

  static let broken: [(Int, UInt8, WAVError)] = [
    (0, 0x58, .notWAV), (8, 0x58, .notWAV), (20, 2, .unsupported(tag: 2, bits: 16)), (34, 12, .unsupported(tag: 1, bits: 12)),
    (22, 0, .malformedFormat("0 channels; expected 1 to 64")), (16, 8, .malformedFormat("a 'fmt ' chunk of 8 bytes; expected at least 16")),
    (12, 0x58, .malformedFormat("no 'fmt ' chunk before its audio")),
  ]

  @Test(arguments: broken)
  func aBrokenHeaderIsNamed(offset: Int, byte: UInt8, error: WAVError) throws {
    var bytes = try #require(WAVFile(samples: [1, 2, 3], rate: 8000).bytes)
    bytes[offset] = byte
    #expect(throws: error) { try WAVFile(reading: bytes) }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func noBytesAreTooStrange(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let good = try #require(WAVFile(samples: [1, 2, 3, 4], rate: 8000).bytes)
    for round in 0..<2000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[
          Int.random(
            in: 0..<bytes.count,
            using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      let file = try? WAVFile(reading: bytes)
      #expect((file?.audio.count ?? 0) <= bytes.count, "seed \(seed), round \(round)")
    }
  }

  static let magics: [([UInt8], ContainerMagic?)] = [
    (Array("RIFF....WAVE".utf8), .wav), (Array("RIFF....AVI ".utf8), nil), (Array("OggS".utf8), .ogg), ([0x1A, 0x45, 0xDF, 0xA3], .webm),
    (Array("fLaC".utf8), .flac),
    (Array("ID3".utf8), .mp3), ([0xFF, 0xFB, 0x90], .mp3), ([0xFF, 0xFB], nil), ([0xFF, 0xFF, 0xFF], nil), ([0xFF, 0xF1, 0x50], nil),
    (Array("....ftypisom".utf8), .mp4), (Array("#!AMR\n".utf8), .amr), ([0, 0, 0, 0], nil), ([], nil),
  ]

  @Test(arguments: magics)
  func firstBytesTellTheContainer(bytes: [UInt8], magic: ContainerMagic?) {
    #expect(ContainerMagic.sniff(bytes) == magic)
  }
}
