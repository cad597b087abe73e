import Testing
@testable import Tokens

func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite struct HMACTests {
  /// RFC 4231 sections 4.2, 4.3 and 4.7 (a key longer than the block).
  static let vectors: [(key: [UInt8], message: String, sha256: String, sha384: String, sha512: String)] = [
    (
      [UInt8](repeating: 0x0b, count: 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
    ),
  ]

  @Test(arguments: vectors)
  func standardVectors(vector: (key: [UInt8], message: String, sha256: String, sha384: String, sha512: String)) {
    let message = Array(vector.message.utf8)
    #expect(hex(HMAC.code(of: message, key: vector.key)) == vector.sha256)
    #expect(hex(HMAC.code(of: message, key: vector.key, hash: .sha384)) == vector.sha384)
    #expect(hex(HMAC.code(of: message, key: vector.key, hash: .sha512)) == vector.sha512)
  }

  /// RFC 2202 section 3, cases 1, 2 and 6.
  static let sha1: [(key: [UInt8], message: String, code: String)] = [
    ([UInt8](repeating: 0x0b, count: 20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
    (Array("Jefe".utf8), "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    (
      [UInt8](repeating: 0xaa, count: 80), "Test Using Larger Than Block-Size Key - Hash Key First",
      "aa4ae5e15272d00e95705637ce8a3b55ed402112"
    ),
  ]

  @Test(arguments: sha1)
  func sha1Vectors(vector: (key: [UInt8], message: String, code: String)) {
    #expect(hex(HMAC.sha1(of: Array(vector.message.utf8), key: vector.key)) == vector.code)
  }

  @Test func emptyKeyAndMessage() {
    #expect(hex(HMAC.code(of: [], key: [])) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }
}

@Suite struct SHA256Tests {
  /// FIPS 180-4 examples.
  @Test func vectors() {
    #expect(SHA256.hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(SHA256.bytes([]).count == 32)
    #expect(hex(SHA256.bytes(Array("abc".utf8))) == SHA256.hex("abc"))
  }
}

@Suite struct ConstantTimeTests {
  @Test func equality() {
    #expect(ConstantTime.equal([], []))
    #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
    #expect(!ConstantTime.equal([0, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.equal([1, 2], [1, 2, 0]))
    #expect(ConstantTime.equal("a", "a") && !ConstantTime.equal("a", "b"))
    #expect(!ConstantTime.equal("\u{e9}", "e\u{301}"), "bytes, not characters")
  }
}

@Suite struct SecureRandomTests {
  @Test func lengthsAndDifference() {
    #expect(SecureRandom.bytes(0).isEmpty)
    #expect(Set((0..<100).map { _ in SecureRandom.bytes(16) }).count == 100)
    var generator = SecureRandom()
    #expect(generator.next() != generator.next())
  }
}
