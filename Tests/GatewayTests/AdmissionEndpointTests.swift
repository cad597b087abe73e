import JSON
import TestSupport
import Testing
import Tokens

/// Methods that ask an endpoint of the operator's, which the tests play: forward and introspection.
@Suite struct AdmissionEndpointTests {
  private static let cookie = "canary-session-cookie-0123", secret = "canary-client:secret-4567"

  private static func start(_ method: String, environment: [String: String] = [:]) throws -> GatewayProcess {
    try GatewayProcess(
      AdmissionTable.head + """
        logging: {level: trace}
        authentication: {own: {\(method)}}
        tiers:
          free: {opens: {subject: 100/1h}}
          gold: {opens: {subject: 500/1h}}
        upstreams:
          vendor: {vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: nova-3}}}
        routes: {/listen: {upstream: vendor, authentication: [own], tier: free}}

        """, environment: ["VENDOR_KEY": "k", "CLIENT_SECRET": secret].merging(environment) { $1 }, arguments: ["--simulate", "all"])
  }

  private func ask(_ gateway: GatewayProcess, _ headers: [(String, String)]) throws -> RawConnection {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/listen", headers).text)
    return connection
  }

  private func session(_ answer: RawConnection.Head) throws -> String {
    try JSONValue.parse(answer.body).at("error.session")?.stringValue ?? ""
  }

  // MARK: Forward

  private static func forward(_ endpoint: RawListener, _ more: String = "") throws -> GatewayProcess {
    try start("type: forward, url: \"http://127.0.0.1:\(endpoint.port)/whoami\"\(more)")
  }

  /// A cookie goes in, who it belongs to comes out.
  @Test func aCookieThatIsGood() throws {
    let endpoint = try RawListener()
    let gateway = try Self.forward(endpoint)
    let client = try ask(gateway, [("Cookie", "sid=\(Self.cookie)"), ("X-Other", "secret")])
    let asked = try endpoint.answer("", status: 204, headers: [("X-Auth-Subject", "alice"), ("X-Auth-Tier", "gold")])
    #expect(asked.line == "GET /whoami HTTP/1.1" && asked["Cookie"] == ["sid=\(Self.cookie)"] && asked["X-Other"] == [])
    #expect(asked["X-Forwarded-For"] == ["127.0.0.1"] && asked["X-Forwarded-Uri"] == ["/listen"])
    let answer = try client.head()
    #expect(answer.status == 101 && answer["RateLimit-Limit"] == ["500"])
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"alice""#))
    // Believed for a while: nobody answers here a second time.
    #expect(try ask(gateway, [("Cookie", "sid=\(Self.cookie)")]).head().status == 101)
    #expect(!gateway.log.contains(Self.cookie))
  }

  @Test func aCookieThatIsNot() throws {
    let endpoint = try RawListener()
    let gateway = try Self.forward(endpoint, ", cache: 0s")
    for status in [401, 403, 302, 404] {
      let client = try ask(gateway, [("Cookie", "sid=\(Self.cookie)")])
      try endpoint.answer("<a href=/login>", status: status, headers: [("Location", "http://127.0.0.1:1/login")])
      let answer = try client.head()
      try RefusalTests.check(answer, 401, "unauthorized", "\(status)")
      #expect(try gateway.record("WS_AUTH_FAILED_INVALID_TOKEN", session: session(answer))["error"] == "forward_refused")
    }
    // Who shows nothing is not asked about.
    let nobody = try ask(gateway, []).head()
    #expect(nobody.status == 401 && nobody["WWW-Authenticate"] == ["Bearer"])
    #expect(!gateway.log.contains(Self.cookie))
  }

  @Test func anEndpointInTrouble() throws {
    let endpoint = try RawListener()
    let gateway = try Self.forward(endpoint)
    for (status, headers) in [(500, []), (429, []), (200, [("X-Auth-Subject", "a"), ("X-Auth-Subject", "b")])] {
      let client = try ask(gateway, [("Cookie", "sid=\(Self.cookie)")])
      try endpoint.answer("", status: status, headers: headers)
      #expect(try client.head().status == 503, "\(status)")
    }
    #expect(!gateway.log.contains("WS_AUTH_FAILED"))
    let silent = try Self.forward(endpoint, ", timeout: 200ms")
    let client = try ask(silent, [("Cookie", "sid=\(Self.cookie)")])
    let held = try endpoint.accept()
    #expect(try client.head().status == 503)
    #expect(try silent.logLine(with: "inquiry failed").contains("timeout"))
    #expect(try silent.logLine(with: "WS_AUTH_UNAVAILABLE").contains("forward_unreachable"))
    held.close()
  }

  /// Guesses are counted per address, and then nobody is asked any more.
  @Test func guesses() throws {
    let endpoint = try RawListener()
    let gateway = try Self.forward(endpoint)
    for index in 0..<20 {
      let client = try ask(gateway, [("Cookie", "sid=guess-\(index)")])
      try endpoint.answer("", status: 401)
      #expect(try client.head().status == 401)
    }
    #expect(try ask(gateway, [("Cookie", "sid=\(Self.cookie)")]).head().status == 429)
    #expect(try gateway.logLine(with: "WS_AUTH_BLOCKED_RATE_LIMIT").contains("127.0.0.xxx"))
  }

  /// Over TLS, to an authority that the operator named: here another gateway, which is well.
  @Test func overTLS() throws {
    let own = CertificateFolder.shared
    let other = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0", tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key"))}}]
      upstreams: {none: {url: "ws://127.0.0.1:9"}}
      routes: {/none: {upstream: none, authentication: none}}
      """)
    for (file, status) in [("ca.pem", 101), ("rogue-ca.pem", 503)] {
      let gateway = try Self.start(
        "type: forward, url: \"https://localhost:\(other.port)/health\"", environment: ["SSL_CERT_FILE": own.file(file)])
      #expect(try ask(gateway, [("Cookie", "sid=\(Self.cookie)")]).head().status == status, "\(file)")
    }
  }

  // MARK: Introspection

  private static func introspection(_ endpoint: RawListener, _ more: String = "") throws -> GatewayProcess {
    try start(
      """
      type: introspection, url: "http://127.0.0.1:\(endpoint.port)/introspect", client_id: voxgate,
      client_secret: {env: CLIENT_SECRET}\(more)
      """)
  }

  @Test func aTokenThatIsActive() throws {
    let endpoint = try RawListener()
    let gateway = try Self.introspection(endpoint)
    let client = try ask(gateway, [("Authorization", "Bearer canary+opaque/token=")])
    let asked = try endpoint.answer(#"{"active":true,"sub":"alice","scope":"voice"}"#)
    #expect(asked.line == "POST /introspect HTTP/1.1" && asked.text.hasPrefix("token=canary%2Bopaque%2Ftoken%3D&"))
    #expect(asked["Authorization"] == ["Basic " + Base64.encode(Array("voxgate:canary-client%3Asecret-4567".utf8))])
    #expect(asked["Content-Type"] == ["application/x-www-form-urlencoded"])
    #expect(try client.head().status == 101)
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"alice""#))
    #expect(try ask(gateway, [("Authorization", "Bearer canary+opaque/token=")]).head().status == 101)
    #expect(!gateway.log.contains("canary"))
  }

  @Test func aTokenThatIsNot() throws {
    let endpoint = try RawListener()
    let gateway = try Self.introspection(endpoint, ", cache: 0s")
    for (body, status, expected, error) in [
      (#"{"active":false}"#, 200, 401, "inactive"), (#"{"active":true,"exp":1}"#, 200, 401, "expired"),
      (#"{"active":"true"}"#, 200, 503, "introspection_malformed"), ("", 401, 503, "introspection_refused"),
      ("", 500, 503, "introspection_failed"),
    ] {
      let client = try ask(gateway, [("Authorization", "Bearer canary-opaque")])
      try endpoint.answer(body, status: status)
      let answer = try client.head()
      #expect(answer.status == expected, "\(body) \(status)")
      let event = expected == 401 ? "WS_AUTH_FAILED_INVALID_TOKEN" : "WS_AUTH_UNAVAILABLE"
      #expect(try gateway.record(event, session: session(answer))["error"]?.stringValue == error)
    }
    #expect(!gateway.log.contains("canary"))
  }
}
