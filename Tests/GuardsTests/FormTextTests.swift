import Testing
@testable import Guards

@Suite struct FormTextTests {
  @Test(arguments: [
    ("", ""), ("aZ09*-._", "aZ09*-._"), ("a b", "a%20b"), ("a+b&c=d", "a%2Bb%26c%3Dd"), ("~", "%7E"), ("é", "%C3%A9"),
    ("\0\r\n", "%00%0D%0A"),
    ("%41", "%2541"),
  ])
  func everyOtherByteIsEscaped(text: String, encoded: String) {
    #expect(FormText.encode(text) == encoded)
  }
}
