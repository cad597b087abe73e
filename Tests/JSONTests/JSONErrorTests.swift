import Testing
@testable import JSON

@Suite struct JSONErrorTests {
  static let table: [(String, String)] = [
    ("", "line 1 column 1: unexpected end, expected a value"),
    ("{\n  \"a\": 1,\n  b\n}", "line 3 column 3: unexpected 'b', expected a member name"),
    ("[1\n,\u{1}]", "line 2 column 2: unexpected byte 0x01, expected a value"),
    ("{\"a\":1,\n\"a\":2}", "line 1 column 1: duplicate member \"a\""),
    ("\n\n\"\\q\"", "line 3 column 2: invalid escape in a string, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"),
    ("1 x", "line 1 column 3: content after the value, expected the end"),
    ("\u{feff}", "line 1 column 1: byte order mark, expected a value"),
    ("\"\u{1f}\"", "line 1 column 2: unescaped control character byte 0x1f in a string"),
    ("1e999", "line 1 column 1: number out of range, expected a finite double"),
    ("00", "line 1 column 1: invalid number, expected no leading zero"),
  ]

  @Test(arguments: table)
  func texts(json: String, text: String) {
    let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse(json) }
    #expect(error.map { "\($0)" } == text)
  }
}
