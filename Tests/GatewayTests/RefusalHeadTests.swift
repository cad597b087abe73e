import JSON
import TestSupport
import Testing

/// What never becomes a request: too slow, too long, no HTTP at all. And what comes behind a good one too early.
@Suite struct RefusalHeadTests {
  private static func table(_ upstream: UInt16, head: String = "60s") -> String {
    AdmissionTable.head + """
      upstreams: {echo: {url: "ws://127.0.0.1:\(upstream)/"}}
      defaults: {authentication: none, timeouts: {head: \(head)}}
      routes: {/echo: {upstream: echo}}

      """
  }

  @Test func aHeadThatDoesNotCome() throws {
    let gateway = try GatewayProcess(Self.table(9, head: "200ms"))
    let starts = [
      "", "GET /echo HT", "GET /echo HTTP/1.1\r\nHost: voxgate.test\r\n", "\n\n\n", "\r\n\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
    for (index, start) in starts.enumerated() {
      let connection = try RawConnection(port: gateway.port)
      try connection.send(start)
      try RefusalTests.check(connection.head(), 408, "head_timeout", "start \(index)")
    }
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"\",reason=\"head_timeout\"}"] == Double(starts.count))
  }

  /// A client that ends before its head has nothing to hear.
  @Test func aHalfHead() throws {
    let gateway = try GatewayProcess(Self.table(9))
    let connection = try RawConnection(port: gateway.port)
    try connection.send("GET /echo HTTP/1.1\r\nHost")
    connection.finish()
    #expect(try connection.takeRest() == [])
  }

  /// On a TLS port there is nobody to answer before the handshake: silence ends without a word of HTTP. Plain HTTP is told.
  @Test func aHandshakeThatDoesNotCome() throws {
    let own = CertificateFolder.shared
    let identity = "tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key"))}"
    let table = Self.table(9).replacing(#""127.0.0.1:0"}]"#, with: #""127.0.0.1:0", \#(identity)}]"#).replacing(
      "head: 60s", with: "tls: 200ms")
    let gateway = try GatewayProcess(table)
    for text in ["", "\u{16}\u{3}\u{1}", "\u{16}\u{3}\u{1}GET / HTTP/1.1\r\n\r\n", "\r\n"] {
      let connection = try RawConnection(port: gateway.port)
      try connection.send(text)
      #expect(try !String(decoding: connection.takeRest(), as: UTF8.self).contains("HTTP"), "\(text.debugDescription)")
    }
    for text in [
      "GET /echo HTTP/1.1\r\nHost: voxgate.test\r\n\r\n", "G", UpgradeRequest("/echo").text,
      "POST /" + String(repeating: "x", count: 60_000),
    ] {
      let connection = try RawConnection(port: gateway.port)
      try connection.send(text)
      let answer = try connection.head()
      #expect(answer.status == 400 && answer.text == "This port speaks TLS: use https:// or wss://\n", "\(text.prefix(40))")
      for (header, value) in RefusalTests.securityHeaders { #expect(answer[header] == [value], "\(header)") }
      connection.close()
    }
    let rejected = try gateway.metrics()
    #expect(rejected["voxgate_connections_rejected_total{listener=\"127.0.0.1:0\",reason=\"tls_timeout\"}"] >= 1)
    #expect(
      try ChildProcess.run(["curl", "-sS", "--cacert", own.file("ca.pem"), "https://localhost:\(gateway.port)/health"])
        == #"{"status":"ok"}"#)
  }

  @Test func aHeadThatIsTooLong() throws {
    let gateway = try GatewayProcess(Self.table(9))
    let limit = 32 << 10
    for (name, text) in [
      ("one byte", UpgradeRequest("/nowhere", [("X", "")]).text), ("a header", UpgradeRequest("/nowhere", [("X", "")]).text),
    ] {
      let room = limit - text.utf8.count
      let fits = UpgradeRequest("/nowhere", [("X", String(repeating: "a", count: room))])
      #expect(fits.text.utf8.count == limit)
      try RefusalTests.check(AdmissionClient(gateway, fits).answer, 404, "not_found", "exactly the limit")
      let over = UpgradeRequest("/nowhere", [("X", String(repeating: "a", count: room + (name == "one byte" ? 1 : 40_000)))])
      try RefusalTests.check(AdmissionClient(gateway, over).answer, 431, "head_too_large", name)
    }
    // It is not waited for: the answer comes though the head has no end.
    let endless = try RawConnection(port: gateway.port)
    try endless.send("GET /echo HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 6_000))
    try RefusalTests.check(endless.head(), 431, "head_too_large", "without end")
    let path = try RawConnection(port: gateway.port)
    try path.send("GET /" + String(repeating: "a", count: 40_000))
    try RefusalTests.check(path.head(), 431, "head_too_large", "a long target")
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"\",reason=\"head_too_large\"}"] == 4)
  }

  @Test func whatIsNotHTTP() throws {
    let gateway = try GatewayProcess(Self.table(9))
    let texts = [
      "HELLO\r\n\r\n", "GET\r\n\r\n", "GET /echo\r\n\r\n", "GET /echo HTTP/9.9\r\n\r\n", "GET /echo HTTQ/1.1\r\n\r\n",
      "GET  /echo  HTTP/1.1\r\n\r\n", "BREW /echo HTTP/1.1\r\n\r\n", "GET /echo HTTP/1.1\r\nno colon\r\n\r\n",
      "GET /echo HTTP/1.1\r\nHost : a\r\n\r\n", "GET /echo HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n", "GET /echo HTTP/1.1\r\nHo\u{1}st: a\r\n\r\n",
      "SSH-2.0-OpenSSH_9.6\r\n\r\n", "\u{0}\u{0}\r\n\r\n", "GET /ec ho HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "GET /echo HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    ]
    for text in texts {
      let connection = try RawConnection(port: gateway.port)
      try connection.send(text)
      try RefusalTests.check(connection.head(), 400, "bad_request", text.debugDescription)
    }
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"\",reason=\"bad_request\"}"] == Double(texts.count))
    #expect(try gateway.get("/health").status == 200)
  }

  /// Only the first request counts: what follows it is no second one.
  @Test func aSecondRequestBehindTheFirst() throws {
    let gateway = try GatewayProcess(Self.table(9))
    let connection = try RawConnection(port: gateway.port)
    try connection.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /ready HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try connection.head().text == #"{"status":"ok"}"#)
    #expect(try connection.takeRest() == [])
  }
}
