import Testing
@testable import Vendors

@Suite struct Base64Tests {
  /// RFC 4648 section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    (
      "foobar",
      "Zm9vYmFy"
    ),
  ])
  func vectors(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(text.utf8))
  }

  @Test(arguments: ["Zg", "Zg=", "Zh==", "Zm9=", "Zm 9", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm_-", "é==="])
  func whatIsNotWellFormedIsNone(text: String) { #expect(Base64.decode(text) == nil) }
}
