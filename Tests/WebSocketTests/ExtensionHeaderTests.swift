import Testing

@testable import WebSocket

@Suite("Sec-WebSocket-Extensions, RFC 6455 section 9.1")
struct ExtensionHeaderTests {
  typealias Parameter = ExtensionHeader.Parameter

  static let deflate = ExtensionHeader(
    name: "permessage-deflate", parameters: [Parameter("client_max_window_bits"), Parameter("server_max_window_bits", "10")])

  static let legal: [(String, [ExtensionHeader])] = [
    ("foo", [ExtensionHeader(name: "foo")]),
    ("foo, bar; baz=2", [ExtensionHeader(name: "foo"), ExtensionHeader(name: "bar", parameters: [Parameter("baz", "2")])]),
    ("permessage-deflate; client_max_window_bits; server_max_window_bits=10", [deflate]),
    ("permessage-deflate ;client_max_window_bits\t;  server_max_window_bits = \"10\" ", [deflate]),
    ("a; b=\"c\\d\"", [ExtensionHeader(name: "a", parameters: [Parameter("b", "cd")])]),
    (" , foo ,, bar,", [ExtensionHeader(name: "foo"), ExtensionHeader(name: "bar")]),
    ("foo, foo", [ExtensionHeader(name: "foo"), ExtensionHeader(name: "foo")]),
  ]

  @Test(arguments: legal.indices)
  func reads(index: Int) {
    #expect(ExtensionHeader.parse([Self.legal[index].0]) == Self.legal[index].1)
  }

  @Test(arguments: [
    "", " ", ",", "foo bar", "foo;", "foo;;a", "foo; a=", "foo; a=b=c", "foo; =b", ";a", "=", "foo; a=\"b", "foo; a=\"b c\"", "foo; a=\"\"",
    "foo; a=\"b\"c", "foo; a=\"b\\", "foo/1", "föö", "foo; a=\"é\"", "foo\n", "\"foo\"",
  ])
  func refuses(text: String) {
    #expect(ExtensionHeader.parse([text]) == nil)
    #expect(ExtensionHeader.parse(["bar", text]) == nil)
  }

  @Test func linesAddUp() {
    #expect(ExtensionHeader.parse([]) == [])
    #expect(ExtensionHeader.parse(["a", "b; c, d"])?.map(\.name) == ["a", "b", "d"])
  }

  @Test func writes() {
    #expect(Self.deflate.encoded == "permessage-deflate; client_max_window_bits; server_max_window_bits=10")
    #expect(ExtensionHeader.encode([ExtensionHeader(name: "a"), Self.deflate]) == "a, " + Self.deflate.encoded)
    #expect(ExtensionHeader(name: "a", parameters: [Parameter("b", "c \"d\\")]).encoded == "a; b=\"c \\\"d\\\\\"")
  }

  @Test(arguments: legal.indices)
  func readsWhatItWrites(index: Int) {
    let extensions = Self.legal[index].1
    #expect(ExtensionHeader.parse([ExtensionHeader.encode(extensions)]) == extensions)
  }
}
