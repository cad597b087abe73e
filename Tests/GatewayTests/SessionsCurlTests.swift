import TestSupport
import Testing

/// curl as a client: one that knows HTTP and no WebSocket.
struct SessionsCurlTests {
  private let upgrade = [
    "-H", "Connection: keep-alive, Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  private func curl(_ bench: SessionsBench, _ path: String, _ arguments: [String] = []) throws -> String {
    try ChildProcess.run(["curl", "-sS", "-i", "-N", "--http1.1"] + arguments + ["http://127.0.0.1:\(bench.gateway.port)\(path)"])
  }

  /// The key and the accept value are those of RFC 6455 section 1.3.
  @Test func upgrades() throws {
    let bench = try SessionsBench("closes", ["greeted"], route: ", timeouts: {close: 300ms}")
    try bench.tell()
    let answer = try curl(bench, "/any/0", upgrade)
    #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"), "\(answer)")
    #expect(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "\(answer)")
    #expect(!answer.contains("Sec-WebSocket-Protocol") && !answer.contains("Sec-WebSocket-Extensions"), "\(answer)")
    #expect(answer.contains("hello curl"), "\(answer)")
    try bench.judge()
  }

  @Test(arguments: [
    ("/health", ["-X", "GET"], "200 OK", #"{"status":"ok"}"#), ("/health", ["--head"], "200 OK", ""), ("/ready", ["--head"], "200 OK", ""),
    ("/health", ["-X", "OPTIONS"], "405 Method Not Allowed", "Method Not Allowed\n"),
    ("/ready", ["-X", "POST", "-d", "a=b"], "405 Method Not Allowed", "Method Not Allowed\n"), ("//", [], "404 Not Found", "Not Found\n"),
    ("/elsewhere", [], "404 Not Found", "Not Found\n"), ("/metrics", [], "404 Not Found", "Not Found\n"),
  ])
  func readsPages(_ path: String, _ arguments: [String], _ status: String, _ body: String) throws {
    let bench = try SessionsBench("closes", ["untouched"])
    let answer = try curl(bench, path, arguments)
    #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(answer)")
    for header in [
      "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Content-Security-Policy: default-src 'none'", "Connection: close",
    ] {
      #expect(answer.contains("\r\n\(header)"), "\(header) in \(answer)")
    }
    if status.hasPrefix("405") { #expect(answer.contains("\r\nAllow: GET, HEAD\r\n"), "\(answer)") }
    #expect(answer.hasSuffix("\r\n\r\n\(body)"), "\(answer)")
    try bench.judge()
  }
}
