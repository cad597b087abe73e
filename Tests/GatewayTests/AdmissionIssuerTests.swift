import Glibc
import JSON
import TestSupport
import Testing

/// JSON Web Tokens of issuers that publish their keys, played by the tests: every request the gateway makes of them is seen here.
@Suite struct AdmissionIssuerTests {
  private static let first = StubKey("first", 1), second = StubKey("second", 2), stranger = StubKey("stranger", 3)

  private static func claims(_ more: [(String, JSONValue)] = []) -> JSONObject {
    var claims: JSONObject = ["sub": "alice", "exp": .int(Int64(time(nil)) + 600)]
    for (name, value) in more { claims[name] = value }
    return claims
  }

  private static func start(_ authentication: String, routes: String = "") throws -> GatewayProcess {
    try GatewayProcess(
      AdmissionTable.head + """
        authentication: {login: {type: jwt, algorithms: [EdDSA], \(authentication)}}
        tiers:
          free: {opens: {subject: 100/1h}}
          gold: {opens: {subject: 500/1h}}
        upstreams:
          vendor: {vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: nova-3}}}
        defaults: {authentication: [login], tier: free}
        routes:
          /listen: {upstream: vendor}
          /other: {upstream: vendor}
          /close: {upstream: vendor, refuse: close}

        """, environment: ["VENDOR_KEY": "k"], arguments: ["--simulate", "all"])
  }

  private func request(_ token: String, _ path: String = "/listen") -> UpgradeRequest {
    UpgradeRequest(path, [("Authorization", "Bearer \(token)")])
  }

  /// A client that has asked and waits.
  private func ask(_ gateway: GatewayProcess, _ token: String) throws -> RawConnection {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(request(token).text)
    return connection
  }

  private func error(_ gateway: GatewayProcess, _ answer: RawConnection.Head, _ event: String) throws -> String? {
    let session = try JSONValue.parse(answer.body).at("error.session")?.stringValue ?? ""
    return try gateway.record(event, session: session)["error"]?.stringValue
  }

  // MARK: Keys

  /// Fetched once, when first needed; again once for a key that is new; and not again for one that nobody knows.
  @Test func keysThatChange() throws {
    let issuer = try RawListener()
    let gateway = try Self.start(#"jwks_url: "http://127.0.0.1:\#(issuer.port)/keys?v=1""#)
    let token = Self.first.token(Self.claims())
    let waiting = try ask(gateway, token)
    let asked = try issuer.answer(StubKey.document(Self.first))
    #expect(asked.line == "GET /keys?v=1 HTTP/1.1" && asked["Host"] == ["127.0.0.1:\(issuer.port)"] && asked["Authorization"] == [])
    #expect(try waiting.head().status == 101)
    // From here on nobody is asked for a key that is known.
    #expect(try AdmissionClient(gateway, request(token)).status == 101)
    // The key set was just fetched, so a name that is not in it is no reason to ask again.
    let unknown = try AdmissionClient(gateway, request(Self.second.token(Self.claims())))
    #expect(unknown.status == 401)
    #expect(try error(gateway, unknown.answer, "WS_AUTH_FAILED_INVALID_TOKEN") == "unknown_key")
    #expect(!gateway.log.contains(token.suffix(40)))
  }

  @Test func aKeyThatIsNew() async throws {
    let issuer = try RawListener()
    let gateway = try Self.start(#"jwks_url: "http://127.0.0.1:\#(issuer.port)/""#)
    let waiting = try ask(gateway, Self.first.token(Self.claims()))
    try issuer.answer(StubKey.document(Self.first))
    #expect(try waiting.head().status == 101)
    // What holds strangers off for ten seconds.
    try await Task.sleep(for: .seconds(11))
    let another = try ask(gateway, Self.second.token(Self.claims()))
    try issuer.answer(StubKey.document(Self.second))
    #expect(try another.head().status == 101)
    // Withdrawn.
    #expect(try AdmissionClient(gateway, request(Self.first.token(Self.claims()))).status == 401)
    #expect(try AdmissionClient(gateway, request(Self.stranger.token(Self.claims()))).status == 401)
  }

  /// Many who come at once are one request.
  @Test func manyAtOnce() throws {
    let issuer = try RawListener()
    let gateway = try Self.start(#"jwks_url: "http://127.0.0.1:\#(issuer.port)/""#)
    let clients = try (0..<20).map { try ask(gateway, Self.first.token(Self.claims([("sub", .string("user-\($0)"))]))) }
    try issuer.answer(StubKey.document(Self.first))
    for client in clients { #expect(try client.head().status == 101) }
  }

  /// Nobody is let in and nobody is to blame: not counted, and to be tried again.
  @Test(arguments: ["down", "broken", "status"])
  func anIssuerThatDoesNotAnswer(how: String) throws {
    let issuer = try RawListener(listening: how != "down")
    let gateway = try Self.start(#"jwks_url: "http://127.0.0.1:\#(issuer.port)/keys""#)
    let token = Self.first.token(Self.claims())
    let waiting = try ask(gateway, token)
    if how != "down" { try issuer.answer(how == "broken" ? "<html>" : StubKey.document(Self.first), status: how == "broken" ? 200 : 500) }
    let answer = try waiting.head()
    let session = try RefusalTests.check(answer, 503, "authentication_unavailable", how)
    #expect(answer["Retry-After"] == ["10"])
    let record = try gateway.record("WS_AUTH_UNAVAILABLE", session: session)
    #expect(record["error"] == "keys_unavailable" && record["level"] == "error" && record["ip"] == "127.0.0.xxx")
    if how != "broken" { #expect(try gateway.logLine(with: "inquiry failed").contains(":\(issuer.port)/keys")) }
    let reasons = ["down": "unreachable", "broken": "json", "status": "status 500"]
    #expect(try gateway.logLine(with: #""no keys""#).contains(reasons[how] ?? "?"))
    // Far more often than wrong credentials may come.
    for _ in 0..<30 { #expect(try AdmissionClient(gateway, request(token)).status == 503) }
    #expect(try AdmissionClient(gateway, request(token, "/close")).close() == "1013 Authentication unavailable, try again later")
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/listen\",reason=\"authentication_unavailable\"}"] == 31)
    #expect(!gateway.log.contains("WS_AUTH_FAILED"))
  }

  /// What no key can make good is refused without asking anybody.
  @Test func rubbishAsksNobody() throws {
    let issuer = try RawListener(listening: false)
    let gateway = try Self.start(#"jwks_url: "http://127.0.0.1:\#(issuer.port)/""#)
    for token in ["rubbish", "a.b.c", try AdmissionCredentialTests.token()] {
      #expect(try AdmissionClient(gateway, request(token)).status == 401)
    }
  }

  @Test func discovery() throws {
    let issuer = try RawListener()
    let url = "http://127.0.0.1:\(issuer.port)/realm"
    let gateway = try Self.start(#"oidc_issuer: "\#(url)""#)
    let own = Self.claims([("iss", .string(url))])
    let waiting = try ask(gateway, Self.first.token(own))
    let document = #"{"issuer":"\#(url)","jwks_uri":"http://127.0.0.1:\#(issuer.port)/certs"}"#
    #expect(try issuer.answer(document).line == "GET /realm/.well-known/openid-configuration HTTP/1.1")
    #expect(try issuer.answer(StubKey.document(Self.first)).line == "GET /certs HTTP/1.1")
    #expect(try waiting.head().status == 101)
    // The same key speaks for that issuer only.
    let foreign = try AdmissionClient(gateway, request(Self.first.token(Self.claims([("iss", "https://evil.test")]))))
    #expect(try error(gateway, foreign.answer, "WS_AUTH_FAILED_INVALID_TOKEN") == "wrong_issuer")
  }

  @Test(arguments: ["public_key", "jwks_file"])
  func keysOfAFile(kind: String) throws {
    let folder = TemporaryFolder()
    let file = try folder.write("keys", kind == "public_key" ? Self.first.pem : StubKey.document(Self.second, Self.first))
    let gateway = try Self.start("\(kind): \(file)")
    #expect(try AdmissionClient(gateway, request(Self.first.token(Self.claims()))).status == 101)
    #expect(try AdmissionClient(gateway, request(Self.stranger.token(Self.claims()))).status == 401)
  }

  // MARK: What a token says

  @Test func tierAndRoutes() throws {
    let folder = TemporaryFolder()
    let gateway = try Self.start("public_key: \(folder.write("key", Self.first.pem)), tier_claim: plan, routes_claim: voice")
    func limit(_ more: [(String, JSONValue)], _ path: String = "/listen") throws -> String {
      let client = try AdmissionClient(gateway, request(Self.first.token(Self.claims(more)), path))
      return client.status == 101 ? client.answer["RateLimit-Limit"].joined() : "\(client.status)"
    }
    #expect(try limit([]) == "100")
    #expect(try limit([("plan", "gold")]) == "500")
    #expect(try limit([("plan", "platinum")]) == "100")
    #expect(try gateway.logLine(with: "WS_AUTH_UNKNOWN_TIER").contains("platinum"))
    #expect(try limit([("voice", ["/listen", "/nowhere"])]) == "100")
    #expect(try limit([("voice", ["/listen"])], "/other") == "403")
    #expect(try limit([("voice", "/other")], "/other") == "100")
    #expect(try limit([("voice", 7)]) == "403")
    #expect(try gateway.logLine(with: "route_not_allowed").contains("WS_AUTH_FAILED_INVALID_TOKEN"))
  }

  /// Where a token may be; a cookie counts only where it is asked for, since browsers send it unasked.
  @Test func places() throws {
    let folder = TemporaryFolder()
    let file = try folder.write("key", Self.first.pem)
    let token = Self.first.token(Self.claims())
    let cookie = UpgradeRequest("/listen", [("Cookie", "a=b; token=\(token); c=d")])
    let header = request(token), query = UpgradeRequest("/listen?token=\(token)")
    for (from, expected) in [("[authorization]", [101, 401, 401]), ("[query]", [401, 101, 401]), ("[cookie, query]", [401, 101, 101])] {
      let gateway = try Self.start("public_key: \(file), from: \(from)")
      #expect(try [header, query, cookie].map { try AdmissionClient(gateway, $0).status } == expected, "\(from)")
      if expected[0] == 401 { #expect(try gateway.logLine(with: #""error":"misplaced""#).contains("WS_AUTH_FAILED_INVALID_TOKEN")) }
      if expected[2] == 101 {
        let two = UpgradeRequest("/listen", [("Cookie", "token=\(token); token=x")])
        #expect(try AdmissionClient(gateway, two).status == 401)
        // What is said aloud comes before what is sent along.
        #expect(try AdmissionClient(gateway, UpgradeRequest("/listen?token=\(token)", [("Cookie", "token=x")])).status == 101)
      }
      #expect(!gateway.log.contains(token.suffix(40)))
    }
  }
}
