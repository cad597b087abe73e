import Configuration
import TestSupport
import Testing

@Suite struct UnitsTests {
  @Test(
    arguments: [
      ("250ms", .milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h", .seconds(3600)), ("1d", .seconds(86400)),
      ("0s", .zero),
      ("30", nil), ("s", nil), ("", nil), ("-5s", nil), ("+5s", nil), ("1.5s", nil), ("5 s", nil), ("5S", nil), ("5min", nil),
      ("1h30m", nil),
      ("99999999999999999999s", nil), ("9223372036854775807d", nil), ("٣s", nil),
    ] as [(String, Duration?)])
  func durations(text: String, expected: Duration?) {
    #expect(Units.duration(text) == expected)
  }

  @Test(
    arguments: [
      ("512B", 512), ("64KiB", 65_536), ("16MiB", 16_777_216), ("1GiB", 1_073_741_824), ("1kB", 1_000), ("5MB", 5_000_000),
      ("2GB", 2_000_000_000), ("0B", 0),
      ("64", nil), ("64kb", nil), ("64K", nil), ("1KB", nil), ("-1B", nil), ("1.5MiB", nil), ("9223372036854775807KiB", nil),
    ] as [(String, Int?)])
  func sizes(text: String, expected: Int?) {
    #expect(Units.size(text) == expected)
  }

  @Test(
    arguments: [
      ("10/1m", Rate(count: 10, window: .seconds(60))), ("100/15m", Rate(count: 100, window: .seconds(900))),
      ("1/250ms", Rate(count: 1, window: .milliseconds(250))),
      ("0/1m", nil), ("10/0s", nil), ("10", nil), ("10/m", nil), ("10/1m/2", nil), ("-1/1m", nil), ("+1/1m", nil), ("/1m", nil),
      ("10 / 1m", nil),
    ] as [(String, Rate?)])
  func rates(text: String, expected: Rate?) {
    #expect(Rate(text) == expected)
    if let expected { #expect(expected.description == text) }
  }

  @Test func writtenInTheLargestUnit() {
    #expect(Units.text(.milliseconds(1_500)) == "1500ms")
    #expect(Units.text(.seconds(120)) == "2m")
    #expect(Units.text(.seconds(86_400 * 2)) == "2d")
    #expect(Units.text(.zero) == "0s")
    #expect(Units.text(bytes: 65_536) == "64KiB")
    #expect(Units.text(bytes: 1_000) == "1000B")
    #expect(Units.text(bytes: 0) == "0B")
  }

  @Test func whatIsWrittenReadsBack() {
    let seed: UInt64 = 11
    var generator = SeededGenerator(seed: seed)
    for round in 0..<2_000 {
      let milliseconds = Int.random(in: 0...(1 << 40), using: &generator)
      #expect(Units.duration(Units.text(.milliseconds(milliseconds))) == .milliseconds(milliseconds), "seed \(seed), round \(round)")
      let bytes = Int.random(in: 0...(1 << 50), using: &generator)
      #expect(Units.size(Units.text(bytes: bytes)) == bytes, "seed \(seed), round \(round)")
    }
  }
}
