import TestSupport
import Testing
@testable import Vendors

@Suite struct AudioFormatTests {
  static let table: [(AudioFormat, Int?, Int?)] = [
    (AudioFormat(encoding: .pcmS16LE, rate: 16_000), 2, 32_000), (AudioFormat(encoding: .pcmS16LE, rate: 48_000, channels: 2), 4, 192_000),
    (AudioFormat(encoding: .mulaw, rate: 8_000), 1, 8_000), (AudioFormat(encoding: .pcmF32LE, rate: 24_000), 4, 96_000),
    (AudioFormat(encoding: .pcmS24BE, rate: 8_000), 3, 24_000), (AudioFormat(encoding: .pcmF16LE, rate: 8_000), 2, 16_000),
    (AudioFormat(encoding: .opus, rate: 48_000), nil, nil),
  ]

  @Test(arguments: table)
  func bytesFollowFromTheFormat(format: AudioFormat, frame: Int?, second: Int?) {
    #expect(format.bytesPerFrame == frame)
    #expect(format.bytesPerSecond == second)
    #expect(format.seconds(bytes: 16_000) == second.map { 16_000 / Double($0) })
  }

  @Test(arguments: AudioEncoding.allCases.filter(\.isRaw))
  func whatIsEncodedIsDecodedHoweverItIsCut(encoding: AudioEncoding) throws {
    var random = SeededGenerator(seed: 7)
    let samples = (0..<500).map { _ in Int16.random(in: -30_000...30_000, using: &random) }
    for channels in 1...2 {
      let bytes = try #require(AudioEncoder.encode(samples, as: encoding, channels: channels))
      let format = AudioFormat(encoding: encoding, rate: 8000, channels: channels)
      #expect(bytes.count == samples.count * (format.bytesPerFrame ?? 0))
      var whole = try #require(AudioDecoder(format)), cut = whole
      let decoded = whole.decode(bytes)
      var rest = bytes[...], pieces: [Int16] = []
      while !rest.isEmpty {
        let count = Int.random(in: 1...17, using: &random)
        pieces += cut.decode(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      #expect(pieces == decoded)
      let worst = zip(decoded, samples).map { abs(Int($0) - Int($1)) }.max() ?? 0
      switch encoding {
      case .mulaw, .alaw: #expect(worst <= 2_100)
      case .pcmU8, .pcmS8: #expect(worst <= 255)
      // Eleven bits.
      case .pcmF16LE: #expect(worst <= 16)
      case .pcmF32LE, .pcmF32BE: #expect(worst <= 1)
      default: #expect(worst == 0)
      }
    }
  }

  @Test func packetCodecsAreNotDecoded() {
    #expect(AudioDecoder(AudioFormat(encoding: .opus, rate: 48_000)) == nil)
    #expect(AudioEncoder.encode([1], as: .mp3) == nil)
  }

  @Test func floatsThatAreNoNumbersAreSilence() throws {
    var decoder = try #require(AudioDecoder(AudioFormat(encoding: .pcmF32LE, rate: 8000)))
    #expect(decoder.decode([0, 0, 0xC0, 0x7F, 0, 0, 0x80, 0x7F, 0, 0, 0x80, 0x40]) == [0, 0, 32_767])
  }
}
