import TestSupport
import Testing
@testable import Vendors

@Suite struct LinearResamplerTests {
  @Test(arguments: [(8_000, 16_000), (16_000, 24_000), (24_000, 8_000), (44_100, 16_000), (48_000, 24_000), (16_000, 16_000)])
  func lengthAndShapeStay(from: Int, to: Int) {
    let input = (0..<from).map { Int16(($0 * 20_000 / from) - 10_000) }
    let output = LinearResampler.convert(input, from: from, to: to)
    #expect(abs(output.count - to) <= 2)
    for (index, sample) in output.enumerated() { #expect(abs(Int(sample) - (index * 20_000 / to - 10_000)) <= 3) }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func cutsMakeNoDifference(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let input = (0..<3000).map { _ in Int16.random(in: -32768...32767, using: &random) }
    var resampler = LinearResampler(from: 16_000, to: 24_000)
    var rest = input[...], output: [Int16] = []
    while !rest.isEmpty {
      let count = Int.random(in: 1...400, using: &random)
      output += resampler.process(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(output == LinearResampler.convert(input, from: 16_000, to: 24_000), "seed \(seed)")
  }
}
