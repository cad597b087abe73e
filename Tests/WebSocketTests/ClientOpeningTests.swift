import TestSupport
import Testing

@testable import WebSocket

@Suite("Client's opening handshake, RFC 6455 section 4.1")
struct ClientOpeningTests {
  static func make(
    host: String = "server.example.com", path: String = "/chat?a=b", subprotocols: [String] = ["chat", "superchat"],
    extensions: [ExtensionHeader] = [], headers: [HeaderField] = []
  ) throws(ClientOpeningError) -> ClientOpening {
    var generator = SeededGenerator(seed: 42)
    return try ClientOpening(
      host: host, path: path, subprotocols: subprotocols, extensions: extensions, headers: headers, using: &generator)
  }

  @Test func theRequest() throws {
    let opening = try Self.make(extensions: [ExtensionHeader(name: "permessage-deflate")], headers: [("Authorization", "Token x\u{E9}")])
    let expected = """
      GET /chat?a=b HTTP/1.1\r
      Host: server.example.com\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Key: \(opening.key)\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Protocol: chat, superchat\r
      Sec-WebSocket-Extensions: permessage-deflate\r
      Authorization: Token x\u{E9}\r
      \r

      """
    #expect(opening.requestHead == Array(expected.utf8))
    #expect(HandshakeKey.isValid(opening.key))
  }

  @Test func aServerAcceptsTheRequest() throws {
    let opening = try Self.make(extensions: [ExtensionHeader(name: "a"), ExtensionHeader(name: "b")])
    let server = try ServerOpening(method: "GET", version: (1, 1), headers: opening.headers)
    #expect(server.subprotocols == opening.subprotocols && server.extensions == opening.extensions)
    let answer = server.responseHeaders(subprotocol: "superchat", extensions: [ExtensionHeader(name: "b")])
    let agreement = try opening.validate(status: 101, headers: answer)
    #expect(agreement == ClientOpening.Agreement(subprotocol: "superchat", extensions: [ExtensionHeader(name: "b")]))
  }

  @Test func nothingNeedBeChosen() throws {
    let opening = try Self.make()
    let server = try ServerOpening(method: "GET", version: (1, 1), headers: opening.headers)
    #expect(try opening.validate(status: 101, headers: server.responseHeaders()) == ClientOpening.Agreement())
  }

  @Test(arguments: [200, 301, 302, 400, 401, 403, 404, 426, 429, 500, 503])
  func otherStatuses(status: Int) throws {
    let opening = try Self.make()
    #expect(throws: ClientOpeningError.status(status)) { try opening.validate(status: status, headers: []) }
  }

  static let wrong: [(section: String, name: String, values: [String], error: ClientOpeningError)] = [
    ("4.1.2 no upgrade", "Upgrade", [], .upgrade),
    ("4.1.2 other upgrade", "Upgrade", ["h2c"], .upgrade),
    ("4.1.3 no connection", "Connection", [], .connection),
    ("4.1.3 other connection", "Connection", ["close"], .connection),
    ("4.1.4 no accept", "Sec-WebSocket-Accept", [], .accept),
    ("4.1.4 wrong accept", "Sec-WebSocket-Accept", ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], .accept),
    ("4.1.5 extension not offered", "Sec-WebSocket-Extensions", ["x-other"], .extensions),
    ("4.1.5 extension malformed", "Sec-WebSocket-Extensions", ["permessage-deflate;"], .extensions),
    ("4.1.6 subprotocol not offered", "Sec-WebSocket-Protocol", ["other"], .subprotocol),
    ("4.1.6 subprotocol in another case", "Sec-WebSocket-Protocol", ["Chat"], .subprotocol),
    ("4.1.6 empty subprotocol", "Sec-WebSocket-Protocol", [""], .subprotocol),
    ("11.3.4 two subprotocols", "Sec-WebSocket-Protocol", ["chat", "superchat"], .subprotocol),
    ("11.3.4 list of subprotocols", "Sec-WebSocket-Protocol", ["chat, superchat"], .subprotocol),
  ]

  @Test(arguments: wrong.indices)
  func wrongAnswers(index: Int) throws {
    let row = Self.wrong[index]
    let opening = try Self.make(extensions: [ExtensionHeader(name: "permessage-deflate")])
    let server = try ServerOpening(method: "GET", version: (1, 1), headers: opening.headers)
    let headers = server.responseHeaders().filter { $0.name != row.name } + row.values.map { (row.name, $0) }
    #expect(throws: row.error, "\(row.section)") { try opening.validate(status: 101, headers: headers) }
  }

  @Test func theAcceptValueIsCaseSensitiveAndAlone() throws {
    let opening = try Self.make()
    let accept = HandshakeKey.accept(opening.key)
    let others: [HeaderField] = [("Upgrade", "WEBSOCKET"), ("Connection", "upgrade")]
    #expect(throws: Never.self) { try opening.validate(status: 101, headers: others + [("sec-websocket-accept", " \(accept) ")]) }
    #expect(throws: ClientOpeningError.accept) {
      try opening.validate(status: 101, headers: others + [("Sec-WebSocket-Accept", accept.lowercased())])
    }
    #expect(throws: ClientOpeningError.accept) {
      try opening.validate(status: 101, headers: others + [("Sec-WebSocket-Accept", accept), ("Sec-WebSocket-Accept", accept)])
    }
  }

  @Test(arguments: ["", "a b", "a\r\nX: y", "exämple"])
  func badHosts(host: String) {
    #expect(throws: ClientOpeningError.host) { try Self.make(host: host) }
  }

  @Test(arguments: ["", "chat", "/a b", "/a\r\nX: y", "/\u{E9}"])
  func badPaths(path: String) {
    #expect(throws: ClientOpeningError.path) { try Self.make(path: path) }
  }

  @Test(arguments: [["a b"], [""], ["a", "a"], ["a,b"]])
  func badSubprotocols(subprotocols: [String]) {
    #expect(throws: ClientOpeningError.subprotocols) { try Self.make(subprotocols: subprotocols) }
  }

  @Test(arguments: [
    ("X", "a\r\nY: b"), ("X", "a\0"), ("X Y", "a"), ("", "a"), ("X\r\n", "a"), ("Host", "other"), ("sec-websocket-key", "x"),
    ("UPGRADE", "h2c"), ("Content-Length", "3"),
  ])
  func badHeaders(field: (String, String)) {
    #expect(throws: ClientOpeningError.header) { try Self.make(headers: [field]) }
  }

  @Test func errorsHaveNamesAndTexts() {
    let all: [ClientOpeningError] = [
      .host, .path, .subprotocols, .header, .status(403), .upgrade, .connection, .accept, .subprotocol, .extensions,
    ]
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(Set(all.map(\.text)).count == all.count)
    #expect(ClientOpeningError.status(403).text == "server answered status 403, expected 101")
  }
}
