import Testing
@testable import Tokens

@Suite struct SessionTokenTests {
  @Test func isRandomAndInBase64URL() {
    let tokens = (0..<200).map { _ in SessionToken() }
    #expect(Set(tokens.map(\.text)).count == 200)
    for token in tokens {
      #expect(token.text.utf8.count == SessionToken.length)
      #expect(SessionToken.fingerprint(of: token.text) == token.fingerprint)
    }
    #expect(SessionToken(bytes: [UInt8](repeating: 255, count: 32)).text == String(repeating: "_", count: 42) + "8")
  }

  /// One token has one spelling: the last character has bits to spare.
  @Test(arguments: [
    "", "a", String(repeating: "A", count: 42), String(repeating: "A", count: 44), String(repeating: "A", count: 42) + "B",
    String(repeating: "A", count: 42) + "=", String(repeating: "A", count: 42) + " ", String(repeating: "+", count: 43),
    String(repeating: "é", count: 43),
  ])
  func textsThatAreNone(text: String) {
    #expect(SessionToken.fingerprint(of: text) == nil)
  }

  @Test func isNotPrinted() {
    let token = SessionToken()
    var text = "\(token) \(String(reflecting: token))"
    dump(token, to: &text)
    #expect(!text.contains(token.text))
  }
}
