import TestSupport
import Testing

@testable import WebSocket

@Suite("UTF-8 as it arrives, RFC 6455 section 8.1, RFC 3629")
struct UTF8ValidatorTests {
  /// Bytes, and how many of them a validator accepts before it fails; nil when it does not.
  static let table: [(name: String, bytes: [UInt8], failsAt: Int?, isComplete: Bool)] = [
    ("nothing", [], nil, true),
    ("ascii", Array("Hello".utf8), nil, true),
    ("zero and delete", [0x00, 0x7F], nil, true),
    ("greek", Array("κόσμε".utf8), nil, true),
    ("two bytes, least", [0xC2, 0x80], nil, true),
    ("two bytes, greatest", [0xDF, 0xBF], nil, true),
    ("three bytes, least", [0xE0, 0xA0, 0x80], nil, true),
    ("before the surrogates", [0xED, 0x9F, 0xBF], nil, true),
    ("after the surrogates", [0xEE, 0x80, 0x80], nil, true),
    ("three bytes, greatest", [0xEF, 0xBF, 0xBF], nil, true),
    ("four bytes, least", [0xF0, 0x90, 0x80, 0x80], nil, true),
    ("U+10FFFF", [0xF4, 0x8F, 0xBF, 0xBF], nil, true),
    ("cut after one of two", [0xC3], nil, false),
    ("cut after one of three", [0xE2], nil, false),
    ("cut after two of three", [0xE2, 0x82], nil, false),
    ("cut after three of four", [0xF0, 0x9F, 0x98], nil, false),
    ("continuation first", [0x80], 0, false),
    ("overlong slash", [0xC0, 0xAF], 0, false),
    ("overlong delete", [0xC1, 0xBF], 0, false),
    ("overlong in three", [0xE0, 0x9F, 0xBF], 1, false),
    ("overlong in four", [0xF0, 0x8F, 0xBF, 0xBF], 1, false),
    ("first surrogate", [0xED, 0xA0, 0x80], 1, false),
    ("last surrogate", [0xED, 0xBF, 0xBF], 1, false),
    ("above U+10FFFF", [0xF4, 0x90, 0x80, 0x80], 1, false),
    ("f5", [0xF5, 0x80], 0, false),
    ("fe", [0xFE], 0, false),
    ("ff", [0xFF], 0, false),
    ("ascii inside a character", [0xE2, 0x82, 0x41], 2, false),
    ("start inside a character", [0xE2, 0xE2], 1, false),
    ("a third byte too many", [0xC3, 0xA9, 0xA9], 2, false),
    // Autobahn 6.4: valid text, then a character above U+10FFFF, then text.
    ("autobahn 6.4.1", Array("κόσμε".utf8) + [0xF4, 0x90, 0x80, 0x80] + Array("edited".utf8), 11, false),
  ]

  @Test(arguments: table.indices)
  func failsAtTheFirstImpossibleByte(index: Int) {
    let row = Self.table[index]
    var validator = UTF8Validator()
    var failedAt: Int?
    for (position, byte) in row.bytes.enumerated() where failedAt == nil {
      if !validator.consume([byte]) { failedAt = position }
    }
    #expect(failedAt == row.failsAt, "\(row.name)")
    #expect(validator.isComplete == row.isComplete, "\(row.name)")
    var whole = UTF8Validator()
    #expect(whole.consume(row.bytes) == (row.failsAt == nil), "\(row.name)")
    #expect(whole.isComplete == row.isComplete, "\(row.name)")
  }

  @Test func staysFailed() {
    var validator = UTF8Validator()
    let answers = [validator.consume([0xFF]), validator.consume(Array("fine".utf8))]
    #expect(answers == [false, false])
    #expect(!validator.isValid && !validator.isComplete)
  }

  @Test func everyScalar() {
    for value in 0...0x10FFFF as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var validator = UTF8Validator()
      validator.consume(Array(UTF8.encode(scalar)!))
      if !validator.isComplete { Issue.record("U+\(String(value, radix: 16))") }
    }
  }

  @Test func everyPairAndTripleAgreesWithTheStandardLibrary() {
    for first in 0x70...0xFF as ClosedRange<UInt8> {
      for second in UInt8.min ... .max {
        for tail in [[], [0x80], [0xBF], [0x41], [0x80, 0x80]] as [[UInt8]] {
          let bytes = [first, second] + tail
          var validator = UTF8Validator()
          validator.consume(bytes)
          if validator.isComplete != (String(validating: bytes, as: UTF8.self) != nil) { Issue.record("\(bytes)") }
        }
      }
    }
  }

  @Test("random text, some of it broken, in random pieces", arguments: 0..<2_000 as Range<UInt64>)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet: [Character] = ["a", "z", " ", "é", "ж", "€", "語", "😀", "\u{10FFFF}", "\u{FFFF}"]
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      let runOfASCII = Int.random(in: 0..<3, using: &random) == 0
      bytes +=
        runOfASCII
        ? [UInt8](repeating: 0x61, count: Int.random(in: 0...20, using: &random))
        : Array(String(alphabet.randomElement(using: &random)!).utf8)
    }
    if seed % 2 == 0, !bytes.isEmpty {
      bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
    }
    if seed % 5 == 0 { bytes = random.bytes(bytes.count) }
    var validator = UTF8Validator()
    for piece in random.split(bytes, longest: 12) { validator.consume(piece) }
    #expect(validator.isComplete == (String(validating: bytes, as: UTF8.self) != nil), "seed \(seed)")
  }
}
