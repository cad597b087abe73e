import Testing
@testable import JSON

@Suite struct Base64Tests {
  /// RFC 4648 section 10.
  static let vectors = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]

  @Test(arguments: vectors)
  func standardVectors(text: String, encoded: String) {
    let bytes = Array(text.utf8)
    #expect(Base64.encode(bytes) == encoded)
    #expect(Base64.decode(encoded) == bytes)
    let bare = String(encoded.prefix { $0 != "=" })
    #expect(Base64URL.encode(bytes) == bare)
    #expect(Base64URL.decode(bare) == bytes)
  }

  @Test func alphabetsDiffer() {
    #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
    #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    #expect(Base64URL.decode("-_8") == [0xfb, 0xff])
    #expect(Base64.decode("-_8=") == nil)
    #expect(Base64URL.decode("+/8") == nil)
  }

  static let foreign = [
    "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zg==\n", " Zg==", "Zm 9", "Zm9v=", "Zm=9", "Zm9v====", "Zg==Zg==", "Zm_-",
    "é===", "Zé==",
  ]

  @Test(arguments: foreign)
  func standardRefuses(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  /// Padding, spare bits, impossible lengths, white space: each would be a second spelling of some bytes.
  @Test(arguments: ["Zg==", "Zm8=", "Zh", "Zm9", "Z", "Zm9vY", "Zg\n", " Zg", "Zm 9v", "Zm9v.", "Z\u{0}", "Zé"])
  func urlRefuses(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func everyLengthSurvives() {
    for count in 0..<200 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ count) &* 0x9e37_79b9 >> 7) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes, "\(count) bytes")
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes, "\(count) bytes")
    }
  }
}
