import Testing

@testable import WebSocket

@Suite("Server's opening handshake, RFC 6455 section 4.2")
struct ServerOpeningTests {
  /// Section 1.2.
  static let example: [HeaderField] = [
    ("Host", "server.example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Origin", "http://example.com"), ("Sec-WebSocket-Protocol", "chat, superchat"), ("Sec-WebSocket-Version", "13"),
  ]

  /// The example with a header's lines replaced.
  static func with(_ name: String, _ values: String...) -> [HeaderField] {
    example.filter { $0.name != name } + values.map { (name, $0) }
  }

  static func open(
    _ headers: [HeaderField], method: String = "GET", version: (major: Int, minor: Int) = (1, 1)
  ) throws(OpeningError) -> ServerOpening {
    try ServerOpening(method: method, version: version, headers: headers)
  }

  @Test func theExample() throws {
    let opening = try Self.open(Self.example)
    #expect(opening.key == "dGhlIHNhbXBsZSBub25jZQ==")
    #expect(opening.subprotocols == ["chat", "superchat"])
    #expect(opening.extensions == [])
    #expect(opening.acceptValue == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    let response = opening.responseHeaders(subprotocol: "chat").map { "\($0.name): \($0.value)" }
    #expect(
      response == [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol: chat",
      ])
  }

  @Test func namesAndTokensIgnoreCase() throws {
    let headers = Self.example.map { (name: $0.name.uppercased(), value: $0.value) }
    #expect(try Self.open(headers).subprotocols == ["chat", "superchat"])
    #expect(throws: Never.self) { try Self.open(Self.with("Upgrade", "WebSocket")) }
    #expect(throws: Never.self) { try Self.open(Self.with("Upgrade", "h2c, websocket")) }
    #expect(throws: Never.self) { try Self.open(Self.with("Connection", "keep-alive, upgrade")) }
    #expect(throws: Never.self) { try Self.open(Self.with("Connection", "keep-alive", "UPGRADE")) }
    #expect(throws: Never.self) { try Self.open(Self.with("Sec-WebSocket-Version", " 13 ")) }
    #expect(throws: Never.self) { try Self.open(Self.with("Content-Length", "0")) }
  }

  static let refused: [(section: String, headers: [HeaderField], error: OpeningError)] = [
    ("4.2.1 no host", with("Host"), .host),
    ("4.2.1 empty host", with("Host", ""), .host),
    ("9112 3.2 two hosts", with("Host", "a", "b"), .host),
    ("4.2.1 no upgrade", with("Upgrade"), .upgrade),
    ("4.2.1 other upgrade", with("Upgrade", "h2c"), .upgrade),
    ("4.2.1 upgrade is no substring", with("Upgrade", "websockets"), .upgrade),
    ("4.2.1 no connection", with("Connection"), .connection),
    ("4.2.1 other connection", with("Connection", "keep-alive"), .connection),
    ("4.2.1 no version", with("Sec-WebSocket-Version"), .version),
    ("4.4 version 8", with("Sec-WebSocket-Version", "8"), .version),
    ("4.4 version 14", with("Sec-WebSocket-Version", "14"), .version),
    ("4.1 two versions", with("Sec-WebSocket-Version", "13", "13"), .version),
    ("4.1 list of versions", with("Sec-WebSocket-Version", "13, 8"), .version),
    ("4.2.1 no key", with("Sec-WebSocket-Key"), .key),
    ("4.2.1 empty key", with("Sec-WebSocket-Key", ""), .key),
    ("4.2.1 short key", with("Sec-WebSocket-Key", "AAAA"), .key),
    ("11.3.1 two keys", with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="), .key),
    ("4.1 subprotocol twice", with("Sec-WebSocket-Protocol", "chat, chat"), .subprotocols),
    ("4.1 subprotocol in two lines", with("Sec-WebSocket-Protocol", "chat", "chat"), .subprotocols),
    ("4.1 subprotocol is no token", with("Sec-WebSocket-Protocol", "chat room"), .subprotocols),
    ("4.1 empty list of subprotocols", with("Sec-WebSocket-Protocol", " , "), .subprotocols),
    ("9.1 malformed extension", with("Sec-WebSocket-Extensions", "foo;"), .extensions),
    ("9.1 empty list of extensions", with("Sec-WebSocket-Extensions", ""), .extensions),
    ("body of known length", with("Content-Length", "5"), .body),
    ("two lengths", with("Content-Length", "0", "5"), .body),
    ("body of unknown length", with("Transfer-Encoding", "chunked"), .body),
  ]

  @Test(arguments: refused.indices)
  func refuses(index: Int) {
    let row = Self.refused[index]
    #expect(throws: row.error, "\(row.section)") { try Self.open(row.headers) }
  }

  @Test(arguments: ["POST", "HEAD", "OPTIONS", "CONNECT", "get", ""])
  func otherMethods(method: String) {
    #expect(throws: OpeningError.method) { try Self.open(Self.example, method: method) }
  }

  @Test(arguments: [(1, 0), (0, 9), (2, 0), (3, 0)])
  func otherVersions(version: (Int, Int)) {
    #expect(throws: OpeningError.httpVersion) { try Self.open(Self.example, version: version) }
  }

  @Test func offersAreReadAcrossLines() throws {
    let headers =
      Self.with("Sec-WebSocket-Protocol", "token, abc.def-ghi", "chat") + [
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"), ("sec-websocket-extensions", "x-other"),
      ]
    let opening = try Self.open(headers)
    #expect(opening.subprotocols == ["token", "abc.def-ghi", "chat"])
    #expect(opening.extensions.map(\.name) == ["permessage-deflate", "x-other"])
    // Subprotocols are case-sensitive: these are two.
    #expect(try Self.open(Self.with("Sec-WebSocket-Protocol", "chat, Chat")).subprotocols == ["chat", "Chat"])
  }

  @Test func theAnswerHoldsOnlyWhatWasOffered() throws {
    let opening = try Self.open(Self.example)
    #expect(!opening.responseHeaders(subprotocol: "other").contains { $0.name == "Sec-WebSocket-Protocol" })
    #expect(opening.responseHeaders().count == 3)
    let agreed = opening.responseHeaders(extensions: [ExtensionHeader(name: "permessage-deflate")])
    #expect(agreed.last?.name == "Sec-WebSocket-Extensions" && agreed.last?.value == "permessage-deflate")
  }
}
