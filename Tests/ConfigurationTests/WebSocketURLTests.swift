import Configuration
import Testing

@Suite struct WebSocketURLTests {
  @Test(arguments: [
    ("wss://api.example.com", "wss://api.example.com/", "api.example.com", 443),
    ("WSS://API.example.com:443/v1?a=b&c=d", "wss://api.example.com/v1?a=b&c=d", "api.example.com", 443),
    ("ws://127.0.0.1:9800", "ws://127.0.0.1:9800/", "127.0.0.1", 9800), ("ws://[::1]:80/a", "ws://[::1]/a", "::1", 80),
    ("wss://h?x", "wss://h/?x", "h", 443),
  ])
  func parts(text: String, description: String, host: String, port: Int) throws {
    let url = try WebSocketURL(text)
    #expect(url.description == description)
    #expect(url.host == host)
    #expect(url.port == port)
  }

  @Test(
    arguments: [
      ("https://example.com", .scheme), ("example.com", .scheme), ("wss:/example.com", .scheme),
      ("wss://user:pass@example.com", .userInformation), ("wss://example.com/#a", .fragment),
      ("wss://", .host), ("wss:///path", .host), ("wss://exa mple.com", .host), ("wss://a..b", .host), ("wss://[::1", .host),
      ("wss://[zz]/", .host), ("wss://a:0", .port), ("wss://a:b", .port),
      ("wss://a:70000", .port), ("wss://a/b c", .path), ("wss://a/ü", .path),
    ] as [(String, WebSocketURL.Problem)])
  func problems(text: String, expected: WebSocketURL.Problem) {
    #expect(throws: expected) { try WebSocketURL(text) }
  }

  @Test(arguments: [
    ("ws://localhost", true), ("ws://127.0.0.1", true), ("ws://[fd00::1]", true), ("ws://10.0.0.7", true), ("ws://relay", true),
    ("ws://relay.default.svc.cluster.local", true),
    ("ws://relay.internal", true), ("ws://api.example.com", false), ("ws://8.8.8.8", false), ("ws://notlocal", true),
    ("ws://a.notlocal", false),
  ])
  func privacy(text: String, isPrivate: Bool) throws {
    #expect(try WebSocketURL(text).isPrivate == isPrivate)
  }
}
