import JSON
import TestSupport
import Testing
import Tokens

/// Every refusal before the 101, over plain HTTP: status, body, headers, the event in the log and the count.
@Suite struct RefusalTests {
  static let secret = "refusal-secret-0123456789-0123456789"

  static let table =
    AdmissionTable.head + """
      authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
      upstreams:
        vendor: {vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: nova-3}}}
      defaults: {authentication: none, origins: ["https://app.example.com", "https://*.example.org", "http://localhost:3000"]}
      routes:
        /open: {upstream: vendor}
        /vendor/*: {upstream: vendor}
        /off: {upstream: vendor, enabled: false}
        /switch: {upstream: vendor, enabled: "${OPEN_ROUTE}"}
        /page: {upstream: vendor, missing_origin: refuse}
        /any: {upstream: vendor, origins: ["*"]}
        /token: {upstream: vendor, authentication: [app]}

      """

  static func start(_ more: [String: String] = [:]) throws -> GatewayProcess {
    try GatewayProcess(
      table, environment: ["JWT_SECRET": secret, "VENDOR_KEY": "k"].merging(more) { $1 }, arguments: ["--simulate", "all"])
  }

  // MARK: What every refusal has

  static let securityHeaders = [
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-XSS-Protection": "1; mode=block",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer",
  ]

  /// Checks what all refusals have in common, and returns the session's id.
  @discardableResult
  static func check(_ answer: RawConnection.Head, _ status: Int, _ type: String, _ name: String) throws -> String {
    #expect(answer.status == status, "\(name)")
    let body = try JSONValue.parse(answer.body)
    #expect(
      body.objectValue?.names == ["error"] && body["error"]?.objectValue?.names == ["type", "message", "session"], "\(name): \(answer.text)"
    )
    #expect(body.at("error.type")?.stringValue == type, "\(name)")
    let session = body.at("error.session")?.stringValue ?? ""
    #expect(session.count == 16 && session.allSatisfy(\.isHexDigit), "\(name): \(session)")
    #expect(answer["Content-Type"] == ["application/json"] && answer["Cache-Control"] == ["no-store"], "\(name)")
    #expect(answer["Content-Length"] == ["\(answer.body.count)"] && answer["Connection"].contains("close"), "\(name)")
    for (header, value) in securityHeaders { #expect(answer[header] == [value], "\(name): \(header)") }
    #expect(answer["Strict-Transport-Security"] == [], "\(name): a browser must ignore it without TLS")
    #expect(answer["WWW-Authenticate"].isEmpty == (status != 401), "\(name)")
    #expect(answer["Retry-After"].isEmpty == (status != 429 && status != 503), "\(name)")
    #expect(answer["RateLimit-Limit"].isEmpty == (status != 429), "\(name)")
    #expect(answer["Allow"].isEmpty == (status != 405), "\(name)")
    #expect(answer["Sec-WebSocket-Version"] == (status == 426 ? ["13"] : []), "\(name)")
    return session
  }

  // MARK: Broken upgrades

  private static let good = UpgradeRequest("/open")

  /// RFC 6455 section 4.2.1, one point after the other.
  private static let broken: [(String, UpgradeRequest, Int, String)] = [
    ("plain HTTP", UpgradeRequest("/open").with("Upgrade").with("Connection"), 426, "upgrade_required"),
    ("another protocol", good.with("Upgrade", "h2c"), 426, "upgrade_required"),
    ("no version", good.with("Sec-WebSocket-Version"), 426, "upgrade_required"),
    ("an old version", good.with("Sec-WebSocket-Version", "8"), 426, "upgrade_required"),
    ("a list of versions", good.with("Sec-WebSocket-Version", "13, 8"), 426, "upgrade_required"),
    ("two versions", good.with("Sec-WebSocket-Version", "13", "13"), 426, "upgrade_required"),
    ("no connection option", good.with("Connection"), 400, "bad_request"),
    ("another connection option", good.with("Connection", "keep-alive"), 400, "bad_request"),
    ("HTTP/1.0", good.with(line: "GET /open HTTP/1.0"), 400, "bad_request"),
    ("no host", good.with("Host"), 400, "bad_request"),
    ("an empty host", good.with("Host", ""), 400, "bad_request"),
    ("two hosts", good.with("Host", "a.test", "b.test"), 400, "bad_request"),
    ("no key", good.with("Sec-WebSocket-Key"), 400, "bad_request"),
    ("an empty key", good.with("Sec-WebSocket-Key", ""), 400, "bad_request"),
    ("a key of 15 bytes", good.with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub24="), 400, "bad_request"),
    ("a key that is no base64", good.with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j!!=="), 400, "bad_request"),
    ("two keys", good.with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA=="), 400, "bad_request"),
    ("a body", good.with("Content-Length", "4"), 400, "bad_request"),
    ("a chunked body", good.with("Transfer-Encoding", "chunked"), 400, "bad_request"),
    ("no subprotocol in the list", good.with("Sec-WebSocket-Protocol", ","), 400, "bad_request"),
    ("a subprotocol that is no token", good.with("Sec-WebSocket-Protocol", "a b"), 400, "bad_request"),
    ("a subprotocol twice", good.with("Sec-WebSocket-Protocol", "a, b, a"), 400, "bad_request"),
    ("broken extensions", good.with("Sec-WebSocket-Extensions", "permessage-deflate; =1"), 400, "bad_request"),
    ("POST", good.with(line: "POST /open HTTP/1.1"), 405, "method_not_allowed"),
    ("OPTIONS", good.with(line: "OPTIONS /open HTTP/1.1"), 405, "method_not_allowed"),
    ("a path the vendor does not have", UpgradeRequest("/vendor/v9/elsewhere"), 404, "not_found"),
  ]

  @Test func aBrokenOpeningIsRefused() throws {
    let gateway = try Self.start()
    for (name, request, status, type) in Self.broken {
      let before = try gateway.metrics()
      try Self.check(AdmissionClient(gateway, request).answer, status, type, name)
      let after = try gateway.metrics()
      let route = type == "not_found" ? "/vendor/*" : "/open"
      let series = "voxgate_refusals_total{route=\"\(route)\",reason=\"\(type)\"}"
      #expect(after[series] - before[series] == 1, "\(name)")
    }
    // The good one, from which each of them differs in one point, is let in.
    let client = try AdmissionClient(gateway, Self.good)
    #expect(client.status == 101)
    #expect(client.answer["Sec-WebSocket-Accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
    try client.leave()
  }

  @Test func theAnswerToHEADHasNoBody() throws {
    let gateway = try Self.start()
    for (path, status) in [("/open", 405), ("/nowhere", 404), ("/health", 200), ("/ready", 200)] {
      let connection = try RawConnection(port: gateway.port)
      try connection.send("HEAD \(path) HTTP/1.1\r\nHost: voxgate.test\r\n\r\n")
      let answer = try connection.head(withBody: false)
      #expect(answer.status == status)
      #expect(answer["Content-Length"].first.flatMap { Int($0) } ?? 0 > 0)
      #expect(try connection.takeRest() == [], "HEAD \(path)")
    }
  }

  @Test func aPathThatIsNone() throws {
    let gateway = try Self.start()
    for path in ["/nowhere", "/open/", "/OPEN", "/open%2F", "//open", "/metrics", "/playground/nothing"] {
      try Self.check(AdmissionClient(gateway, UpgradeRequest(path)).answer, 404, "not_found", path)
      let page = try gateway.get(path)
      #expect(page.status == 404 && page.text == "Not Found\n" && page["Content-Type"] == ["text/plain; charset=utf-8"], "GET \(path)")
    }
    let page = try gateway.metrics()
    #expect(page["voxgate_refusals_total{route=\"\",reason=\"not_found\"}"] == 7)
    #expect(page["voxgate_http_requests_total{status=\"404\"}"] == 14)
  }

  // MARK: Switch and origin

  @Test func aSwitchedOffRoute() throws {
    let off = try Self.start()
    for path in ["/off", "/switch"] {
      let session = try Self.check(AdmissionClient(off, UpgradeRequest(path)).answer, 503, "disabled", path)
      let record = try off.record("WS_CONNECTION_BLOCKED_FEATURE_DISABLED", session: session)
      #expect(record["ip"] == "127.0.0.xxx" && record["level"] == "warning")
      #expect(try off.metrics()["voxgate_refusals_total{route=\"\(path)\",reason=\"disabled\"}"] == 1)
    }
    // Only the very word opens it.
    let wrong = try Self.start(["OPEN_ROUTE": "1"])
    #expect(try AdmissionClient(wrong, UpgradeRequest("/switch")).status == 503)
    let on = try Self.start(["OPEN_ROUTE": "true"])
    let client = try AdmissionClient(on, UpgradeRequest("/switch"))
    #expect(client.status == 101)
    try client.leave()
  }

  @Test func origins() throws {
    let gateway = try Self.start()
    let rows: [(String, [String], Bool)] = [
      ("/open", ["https://app.example.com"], true), ("/open", ["HTTPS://APP.example.com"], true),
      ("/open", ["https://app.example.com:443"], true),
      ("/open", ["http://localhost:3000"], true), ("/open", ["https://a.example.org"], true), ("/open", ["https://a.b.example.org"], true),
      ("/open", [], true), ("/page", ["https://app.example.com"], true),
      ("/any", ["https://anything.test"], true), ("/any", ["null"], true), ("/any", [], true),
      // The scheme, the port and the whole name count.
      ("/open", ["http://app.example.com"], false), ("/open", ["https://app.example.com:8443"], false),
      ("/open", ["http://localhost:3001"], false),
      ("/open", ["http://localhost"], false), ("/open", ["https://app.example.com.evil.test"], false),
      ("/open", ["https://evilapp.example.com"], false), ("/open", ["https://evil-example.org"], false),
      ("/open", ["https://example.org"], false),
      ("/open", ["https://evil.test/.example.org"], false), ("/open", ["https://evil.test#.example.org"], false),
      ("/open", ["https://user@app.example.com"], false), ("/open", ["https://app.example.com/"], false),
      ("/open", ["app.example.com"], false),
      ("/open", ["null"], false), ("/open", [""], false), ("/open", ["https://app.example.com", "https://evil.test"], false),
      ("/open", ["https://app.example.com, https://evil.test"], false), ("/page", [], false), ("/page", ["null"], false),
    ]
    for (path, origins, allowed) in rows {
      let client = try AdmissionClient(gateway, UpgradeRequest(path, origins.map { ("Origin", $0) }))
      if allowed {
        #expect(client.status == 101, "\(path) \(origins)")
        try client.leave()
      } else {
        let session = try Self.check(client.answer, 403, "forbidden_origin", "\(path) \(origins)")
        let record = try gateway.record("WS_CONNECTION_BLOCKED_INVALID_ORIGIN", session: session)
        #expect(record["origin"]?.stringValue == origins.joined(separator: ", "))
        #expect(record["ip"] == "127.0.0.xxx")
      }
    }
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/page\",reason=\"forbidden_origin\"}"] == 2)
  }

  /// The origin is looked at before the credential: a foreign page is not told whether a token is good.
  @Test func theFirstGuardThatRefusesAnswers() throws {
    let gateway = try Self.start()
    let foreign = try AdmissionClient(gateway, UpgradeRequest("/token", [("Origin", "https://evil.test"), ("Authorization", "Bearer x")]))
    try Self.check(foreign.answer, 403, "forbidden_origin", "a foreign page with a bad token")
    let off = try AdmissionClient(gateway, UpgradeRequest("/off", [("Origin", "https://evil.test")]))
    try Self.check(off.answer, 503, "disabled", "a foreign page on a closed route")
  }
}
