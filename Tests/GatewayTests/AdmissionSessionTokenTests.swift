import FoundationEssentials
import JSON
import TestSupport
import Testing
import Tokens

/// Session tokens from the request for one to the session that it opens: E1 to E5 of Docs/Compatibility.md.
@Suite struct AdmissionSessionTokenTests {
  private static let page = "http://localhost:4200"
  private static let key = "canary-server-key-0123456789"

  private static func start(_ method: String = "", routes: String = "", limit: String = "1000/1m") throws -> (
    GatewayProcess, TemporaryFolder
  ) {
    let folder = TemporaryFolder()
    let keys = try folder.write(
      "keys.yaml",
      """
      keys:
        - {sha256: \(SHA256.hex(Array(key.utf8))), subject: shop, tier: gold}
        - {sha256: \(SHA256.hex(Array("canary-narrow".utf8))), subject: narrow, routes: [/openai]}
      """)
    let known = method.contains("authentication:") ? "" : ", authentication: [servers]"
    let gateway = try GatewayProcess(
      AdmissionTable.head + """
        authentication:
          servers: {type: api_key, file: \(keys)}
          pages:
            {type: session_token, path: /api/token, origins: ["\(page)"], limit: \(limit)\(known)\(method)}
        tiers:
          free: {opens: {subject: 100/1h}}
          gold: {opens: {subject: 500/1h}}
        upstreams:
          vendor: {vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: nova-3}}}
        defaults: {authentication: [pages], tier: free, origins: ["\(page)", "https://app.example.com"]}
        routes:
          /listen: {upstream: vendor}
        \(routes)
        """, environment: ["VENDOR_KEY": "k"], arguments: ["--simulate", "all"])
    return (gateway, folder)
  }

  private func fetch(
    _ gateway: GatewayProcess, _ target: String = "/api/token", method: String = "POST", key: String? = Self.key,
    headers more: [(String, String)] = []
  ) throws -> RawConnection.Head {
    try gateway.get(target, method: method, (key.map { [("Authorization", "Bearer \($0)")] } ?? []) + more)
  }

  private func token(_ answer: RawConnection.Head) throws -> String {
    try #require(try JSONValue.parse(answer.body)["token"]?.stringValue, "\(answer.line) \(answer.text)")
  }

  private func open(
    _ gateway: GatewayProcess, _ token: String, _ path: String = "/listen", origin: String? = nil, from: String? = nil
  ) throws -> AdmissionClient {
    try AdmissionClient(
      gateway, UpgradeRequest("\(path)?token=\(token)", origin.map { [("Origin", $0)] } ?? []), from: from)
  }

  private func error(_ gateway: GatewayProcess, _ client: AdmissionClient) throws -> String? {
    let session = try JSONValue.parse(client.answer.body).at("error.session")?.stringValue ?? ""
    return try gateway.record("WS_AUTH_FAILED_INVALID_TOKEN", session: session)["error"]?.stringValue
  }

  // MARK: One token, one session

  @Test func opensOneSession() throws {
    let (gateway, _) = try Self.start()
    let answer = try fetch(gateway)
    #expect(answer.status == 200 && answer["Content-Type"] == ["application/json"] && answer["Cache-Control"] == ["no-store"])
    for (header, value) in RefusalTests.securityHeaders { #expect(answer[header] == [value]) }
    let body = try JSONValue.parse(answer.body)
    #expect(body.objectValue?.names == ["token", "expiresAt"])
    let text = try token(answer)
    #expect(Base64URL.decode(text)?.count == 32)
    // ISO 8601 in UTC, five minutes from now.
    let expires = try #require(body["expiresAt"]?.stringValue)
    #expect(expires.count == 24 && expires.hasSuffix("Z"))
    let date = try Date(expires, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    #expect(abs(date.timeIntervalSinceNow - 300) <= 60)

    let first = try open(gateway, text)
    #expect(first.status == 101)
    // Whoever fetched it is who it stands for.
    #expect(first.answer["RateLimit-Limit"] == ["500"])
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"shop""#))
    let second = try open(gateway, text)
    #expect(second.status == 401)
    #expect(try error(gateway, second) == "unknown_token")
    for secret in [text, Self.key] { #expect(!gateway.log.contains(secret)) }
  }

  @Test func whoGetsNone() throws {
    let (gateway, _) = try Self.start()
    let none = try fetch(gateway, key: nil)
    try refused(none, 401, "unauthorized")
    #expect(none["WWW-Authenticate"] == ["Bearer"])
    let wrong = try fetch(gateway, key: "canary-guess")
    try refused(wrong, 401, "unauthorized")
    #expect(wrong["WWW-Authenticate"] == [#"Bearer error="invalid_token""#])
    let foreign = try fetch(gateway, headers: [("Origin", "https://evil.test")])
    try refused(foreign, 403, "forbidden_origin")
    #expect(foreign["Access-Control-Allow-Origin"] == [] && foreign["Vary"] == ["Origin"])
    #expect(try gateway.logLine(with: "WS_CONNECTION_BLOCKED_INVALID_ORIGIN").contains("https://evil.test"))
    let narrow = try fetch(gateway, key: "canary-narrow")
    try refused(narrow, 403, "forbidden")
    // A token of our own is none that gets one.
    let token = try token(try fetch(gateway))
    #expect(try fetch(gateway, key: token).status == 401)
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/api/token\",reason=\"unauthorized\"}"] == 3)
    #expect(!gateway.log.contains("canary-"))
  }

  /// The shape that refusals have everywhere; what is left of the limit is told in every answer.
  private func refused(_ answer: RawConnection.Head, _ status: Int, _ type: String) throws {
    #expect(answer.status == status && answer["Content-Type"] == ["application/json"] && answer["Cache-Control"] == ["no-store"])
    #expect(answer["RateLimit-Limit"] == ["1000"])
    let body = try JSONValue.parse(answer.body)
    #expect(body["error"]?.objectValue?.names == ["type", "message", "session"], "\(answer.text)")
    #expect(body.at("error.type")?.stringValue == type, "\(answer.text)")
  }

  @Test func methods() throws {
    let (post, _) = try Self.start()
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
      let answer = try fetch(post, method: method)
      #expect(answer.status == 405 && answer["Allow"] == ["POST, OPTIONS"], "\(method)")
    }
    // E1: where it is wanted, by GET as well.
    let (both, _) = try Self.start(", methods: [GET, POST]")
    for method in ["GET", "POST"] {
      let text = try token(try fetch(both, method: method))
      #expect(try open(both, text).status == 101, "\(method)")
    }
    #expect(try fetch(both, method: "HEAD")["Allow"] == ["GET, POST, OPTIONS"])
    // A body is none of our business.
    #expect(try fetch(both, headers: [("Content-Length", "2"), ("Content-Type", "application/json")]).status == 200)
  }

  /// E2 and E4: as an old frontend does it, until the token expires, unencoded, its plus a blank.
  @Test func moreThanOnce() async throws {
    let (gateway, _) = try Self.start(", methods: [GET], authentication: none, reuse: until_expiry, lifetime: 10s")
    let text = try token(try fetch(gateway, method: "GET", key: nil, headers: [("Origin", Self.page)]))
    for _ in 0..<3 { #expect(try open(gateway, text, origin: Self.page).status == 101) }
    try await Task.sleep(for: .seconds(11))
    let late = try open(gateway, text, origin: Self.page)
    #expect(late.status == 401)
    #expect(try error(gateway, late) == "unknown_token")
  }

  // MARK: What it is bound to

  @Test func theRoute() throws {
    let (gateway, _) = try Self.start(routes: "  /second: {upstream: vendor}\n  /keys: {upstream: vendor, authentication: [servers]}\n")
    let unsaid = try fetch(gateway)
    #expect(unsaid.status == 400 && unsaid.text.contains("?route="))
    for wrong in ["?route=/nowhere", "?route=/keys", "?route=/listen&route=/second", "?route="] {
      #expect(try fetch(gateway, "/api/token\(wrong)").status == 400, "\(wrong)")
    }
    let text = try token(try fetch(gateway, "/api/token?route=%2Fsecond"))
    let elsewhere = try open(gateway, text)
    #expect(elsewhere.status == 401)
    #expect(try error(gateway, elsewhere) == "wrong_route")
    // Whoever holds it by right still may.
    #expect(try open(gateway, text, "/second").status == 101)
    #expect(try open(gateway, text, "/second").status == 401)
  }

  @Test func originAndAddress() throws {
    let (gateway, _) = try Self.start(", bind: [origin, address]")
    #expect(try fetch(gateway).status == 403)
    let text = try token(try fetch(gateway, headers: [("Origin", Self.page)]))
    #expect(try error(gateway, open(gateway, text, origin: "https://app.example.com")) == "wrong_origin")
    #expect(try error(gateway, open(gateway, text, origin: Self.page, from: "127.0.0.2")) == "wrong_address")
    #expect(try open(gateway, text, origin: Self.page).status == 101)
  }

  // MARK: How many

  @Test func limits() throws {
    let (gateway, _) = try Self.start(limit: "3/1h")
    for left in [2, 1, 0] {
      let answer = try fetch(gateway, key: left == 1 ? nil : Self.key)
      #expect(answer.status == (left == 1 ? 401 : 200))
      #expect(answer["RateLimit-Limit"] == ["3"] && answer["RateLimit-Remaining"] == ["\(left)"] && answer["RateLimit-Reset"].count == 1)
    }
    let answer = try fetch(gateway, "/api/token?token=canary-query", headers: [("Origin", Self.page)])
    let session = try RefusalTests.check(answer, 429, "rate_limited", "the fourth")
    #expect(answer["RateLimit-Remaining"] == ["0"] && answer["Access-Control-Allow-Origin"] == [Self.page])
    let record = try gateway.record("HTTP_RATE_LIMIT_EXCEEDED", session: session)
    #expect(record["path"] == "/api/token" && record["ip"] == "127.0.0.xxx")
    // Another address has a window of its own, and no other page is limited.
    let other = try RawConnection(port: gateway.port, from: "127.0.0.3")
    try other.send("POST /api/token HTTP/1.1\r\nHost: voxgate.test\r\nAuthorization: Bearer \(Self.key)\r\n\r\n")
    #expect(try other.head().status == 200)
    #expect(try gateway.get("/health").status == 200)
    #expect(!gateway.log.contains("canary-"))
  }

  @Test func aRouteThatIsOff() throws {
    let (gateway, _) = try Self.start(routes: "  /off: {upstream: vendor, enabled: false}\n")
    #expect(try fetch(gateway, "/api/token?route=/off").status == 503)
    #expect(try fetch(gateway, "/api/token?route=/listen").status == 200)
  }

  // MARK: Pages of other origins

  /// E5, and what a script may read.
  @Test func crossOrigin() throws {
    let (gateway, _) = try Self.start()
    let preflight = try gateway.get(
      "/api/token", method: "OPTIONS",
      [("Origin", Self.page), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")])
    #expect(preflight.status == 200 && preflight["Access-Control-Allow-Origin"] == [Self.page])
    #expect(preflight["Access-Control-Allow-Credentials"] == ["true"] && preflight["Access-Control-Max-Age"] == ["600"])
    for answer in [try fetch(gateway, headers: [("Origin", Self.page)]), try fetch(gateway, key: nil, headers: [("Origin", Self.page)])] {
      #expect(answer["Access-Control-Allow-Origin"] == [Self.page] && answer["Access-Control-Allow-Credentials"] == ["true"])
      #expect(answer["Vary"] == ["Origin"])
    }
    // The page that may open the socket is not for that the page that may fetch a token.
    let blocked = try gateway.get("/api/token", method: "OPTIONS", [("Origin", "https://app.example.com")])
    #expect(blocked.status == 403 && blocked.text.contains("Origin not allowed"))
    #expect(try fetch(gateway, headers: [("Origin", "https://app.example.com")]).status == 403)
  }

  /// A path that is a page comes before a route that ends in `/*`.
  @Test func aPathBelowARoute() throws {
    let (gateway, _) = try Self.start(routes: "  /api/*: {upstream: vendor, authentication: none}\n")
    #expect(try fetch(gateway).status == 200)
  }
}
