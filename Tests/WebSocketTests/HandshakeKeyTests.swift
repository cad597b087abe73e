import TestSupport
import Testing

@testable import WebSocket

@Suite("Handshake keys, RFC 6455 sections 1.3, 4.1 and 4.2.2")
struct HandshakeKeyTests {
  @Test("1.3 the example") func accept() {
    #expect(HandshakeKey.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test(arguments: ["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "+/+/+/+/+/+/+/+/+/+/+w=="])
  func valid(key: String) {
    #expect(HandshakeKey.isValid(key))
  }

  @Test(arguments: [
    "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQA=",
    "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25-ZQ==", "dGhlIHNhbXBsZSBub25 ZQ==", "dGhlIHNhbXBsZSBub2=jZQ==", "AA==",
  ])
  func invalid(key: String) {
    #expect(!HandshakeKey.isValid(key))
  }

  @Test func keysAreMadeOfTheGeneratorsBytes() {
    var generator = SeededGenerator(seed: 1)
    let first = HandshakeKey.make(using: &generator)
    let second = HandshakeKey.make(using: &generator)
    var again = SeededGenerator(seed: 1)
    #expect(HandshakeKey.make(using: &again) == first)
    #expect(first != second)
    #expect(HandshakeKey.isValid(first) && HandshakeKey.isValid(second))
  }
}
