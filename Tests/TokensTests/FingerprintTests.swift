import Testing
@testable import Tokens

@Suite struct FingerprintTests {
  static let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test func isTheDigest() {
    #expect(Fingerprint(hex: Self.digest) == Fingerprint(of: "abc"))
    #expect(Fingerprint(hex: Self.digest.uppercased()) == Fingerprint(of: "abc"))
    #expect(Fingerprint(of: "abc").name == "ba7816bf")
    #expect(Fingerprint(hex: "0000000" + String(repeating: "1", count: 57))?.name == "00000001")
  }

  @Test(arguments: ["", "ba78", digest + "0", "g" + digest.dropFirst(), " " + digest.dropFirst(), "sha256:" + digest.dropFirst(7)])
  func textsThatAreNone(text: String) {
    #expect(Fingerprint(hex: text) == nil)
  }

  /// All 64 digits count.
  @Test func everyDigitCounts() {
    for index in 0..<64 {
      var digits = Array(Self.digest)
      digits[index] = digits[index] == "0" ? "1" : "0"
      #expect(Fingerprint(hex: String(digits)) != Fingerprint(of: "abc"), "digit \(index)")
    }
  }

  @Test func printsLittle() {
    let fingerprint = Fingerprint(of: "abc")
    var text = "\(fingerprint) \(String(reflecting: fingerprint))"
    dump(fingerprint, to: &text)
    #expect(!text.contains("8f01cfea"))
  }
}
