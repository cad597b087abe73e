import JSON
import TestSupport
import Testing
@testable import Vendors

@Suite struct Base64ValidatorTests {
  static func check(_ text: [UInt8]) -> Base64Validator {
    var validator = Base64Validator()
    validator.consume(text)
    return validator
  }

  static let problems: [(String, Base64Validator.Problem?)] = [
    ("", nil), ("Zg==", nil), ("Zm8=", nil), ("Zm9v", nil), ("+/+/", nil), ("Zg", .length(2)), ("Zg=", .length(3)), ("Z", .length(1)),
    ("Zg===", .length(5)), ("====", .length(4)), ("Z===", .length(4)), ("Zh==", .strayBits), ("Zm9=", .strayBits), ("Zm9v====", .length(8)),
    ("Zg==Zg==", .foreign(offset: 4)), ("Zm-_", .foreign(offset: 2)), ("Zm9v\n", .foreign(offset: 4)), (" Zg=", .foreign(offset: 0)),
    ("Zé==", .foreign(offset: 1)), ("Zg=A", .foreign(offset: 3)), ("\"", .foreign(offset: 0)),
  ]

  @Test(arguments: problems)
  func theProblemIsNamed(text: String, problem: Base64Validator.Problem?) {
    #expect(Self.check(Array(text.utf8)).problem == problem)
    #expect((problem == nil) == (Base64.decode(text) != nil))
  }

  @Test func everyByteIsJudgedInEveryPlace() {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    for byte in UInt8.min ... .max {
      for place in [0, 1, 15, 16, 17, 62, 63, 64, 79, 80, 127, 128, 143] {
        var text = Array(repeating: UInt8(ascii: "a"), count: 144)
        text[place] = byte
        let end = unsafe text.withUnsafeBytes { bytes in
          unsafe bytes.baseAddress.map { unsafe Base64Validator.letters($0, from: 0, to: 144) }
        }
        #expect(end == (alphabet.contains(byte) ? 144 : place), "byte \(byte) at \(place)")
      }
      var single = Base64Validator()
      #expect(single.consume(byte) == (alphabet.contains(byte) || byte == UInt8(ascii: "=")), "byte \(byte)")
    }
  }

  @Test func everyByteIsJudgedInEveryPlaceByBothAlphabets() {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_".utf8)
    for byte in UInt8.min ... .max {
      for place in [0, 1, 15, 16, 17, 62, 63, 64, 79, 80, 127, 128, 143] {
        var text = Array(repeating: UInt8(ascii: "a"), count: 144)
        text[place] = byte
        let end = unsafe text.withUnsafeBytes { bytes in
          unsafe bytes.baseAddress.map { unsafe Base64Validator.anyLetters($0, from: 0, to: 144) }
        }
        #expect(end == (alphabet.contains(byte) ? 144 : place), "byte \(byte) at \(place)")
      }
      var single = Base64Validator(isURLSafe: true)
      #expect(single.consume(byte) == (alphabet.contains(byte) || byte == UInt8(ascii: "=")), "byte \(byte)")
    }
  }

  static let urlSafe: [(String, Base64Validator.Problem?)] = [
    ("-_-_", nil), ("-_+/", nil), ("Zm8=", nil), ("Zm8", .length(3)), ("-_==", .strayBits), ("-g==", nil), ("-_*A", .foreign(offset: 2)),
  ]

  @Test(arguments: urlSafe)
  func theAlphabetForURLsMayBeTaken(text: String, problem: Base64Validator.Problem?) {
    var validator = Base64Validator(isURLSafe: true)
    validator.consume(Array(text.utf8))
    #expect(validator.problem == problem)
    #expect((problem == nil) == (Base64.decodeURLSafe(text) != nil))
  }

  @Test(arguments: 0..<10)
  func itTakesWhatTheDecoderOfBothAlphabetsTakes(seed: Int) {
    var json = RandomJSON(seed: UInt64(seed))
    for _ in 0..<200 {
      var text = json.audio()
      if json.random.next() % 2 == 0 { text = text.replacing("+", with: "-") }
      if json.random.next() % 2 == 0 { text = text.replacing("/", with: "_") }
      var validator = Base64Validator(isURLSafe: true)
      for piece in json.random.split(Array(text.utf8), longest: 70) { validator.consume(piece) }
      let bytes = Base64.decodeURLSafe(text)
      #expect((validator.problem == nil) == (bytes != nil), "seed \(seed): \(text)")
      if let bytes { #expect(validator.decodedCount == bytes.count, "seed \(seed): \(text)") }
    }
  }

  @Test func everyLengthAtEveryAlignment() {
    var random = SeededGenerator(seed: 11)
    for count in 0..<150 {
      let bytes = random.bytes(count)
      let text = Array(Base64.encode(bytes).utf8)
      for shift in 0..<17 {
        var validator = Base64Validator()
        let shifted = Array(repeating: UInt8(0), count: shift) + text
        unsafe shifted.withUnsafeBytes { unsafe validator.consume(UnsafeRawBufferPointer(rebasing: $0[shift...])) }
        #expect(validator.problem == nil, "\(count) bytes at \(shift)")
        #expect(validator.decodedCount == count)
        #expect(validator.count == text.count)
      }
    }
  }

  @Test(arguments: 0..<20)
  func itTakesWhatTheDecoderTakes(seed: Int) {
    var json = RandomJSON(seed: UInt64(seed))
    for _ in 0..<200 {
      let text = json.audio()
      var validator = Base64Validator()
      for piece in json.random.split(Array(text.utf8), longest: 70) { validator.consume(piece) }
      let bytes = Base64.decode(text)
      #expect((validator.problem == nil) == (bytes != nil), "seed \(seed): \(text)")
      #expect(validator == Self.check(Array(text.utf8)), "seed \(seed): \(text)")
      if let bytes { #expect(validator.decodedCount == bytes.count, "seed \(seed): \(text)") }
    }
  }
}
