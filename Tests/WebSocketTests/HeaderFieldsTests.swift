import Testing

@testable import WebSocket

@Suite("Header fields, RFC 9110 sections 5.1 and 5.6")
struct HeaderFieldsTests {
  static let fields = HeaderFields([
    ("Connection", " keep-alive ,\tUpgrade "), ("UPGRADE", "websocket"), ("connection", ", close,,"), ("Empty", ""), ("Blank", " \t "),
  ])

  @Test func valuesAreTrimmedAndNamesFolded() {
    #expect(Self.fields.values("upgrade") == ["websocket"])
    #expect(Self.fields.values("Blank") == [""])
    #expect(Self.fields.values("absent") == [])
    #expect(Self.fields.values("CONNECTION") == ["keep-alive ,\tUpgrade", ", close,,"])
  }

  @Test func listsSpanLinesAndSkipEmptyElements() {
    #expect(Self.fields.elements("connection") == ["keep-alive", "Upgrade", "close"])
    #expect(Self.fields.elements("empty") == [])
    #expect(Self.fields.has("upgrade", in: "connection"))
    #expect(!Self.fields.has("keep", in: "connection"))
  }

  @Test func onlyASCIIIsFolded() {
    #expect(HeaderFields.equal("WebSocket", "wEBsOCKET"))
    #expect(!HeaderFields.equal("websoc\u{212A}et", "websocket"))
    #expect(!HeaderFields.equal("[", "{"))
    #expect(!HeaderFields.equal("a", "ab"))
  }

  @Test func tokens() {
    let allowed = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min ... .max { #expect(HeaderFields.isTokenByte(byte) == allowed.contains(byte), "\(byte)") }
    #expect(HeaderFields.isToken("chat.v1"))
    for text in ["", "a b", "a,b", "a/b", "\"a\"", "ä", "a=b"] { #expect(!HeaderFields.isToken(text), "\(text)") }
  }
}
