import JSON
import TestSupport
import Testing
@testable import WebSocket

/// Vendors who say where their socket is when they are asked, and short-lived tokens.
@Suite struct UpstreamInitTests {
  private static let key = "canary-vendor-key-1b2c"
  private static let canary = "canary-answer-text"

  private static func simulated(_ upstreams: String, _ routes: String) -> String {
    AdmissionTable.head + """
      authentication:
        app: {type: jwt, secret: {env: JWT_SECRET}}
      upstreams:
      \(upstreams)
      defaults: {authentication: [app]}
      routes:
      \(routes)

      """
  }

  /// The simulators demand the key in the request beforehand, and a token of their own making in the URL.
  @Test(arguments: [
    ("gladia.live", "/?sample_rate=8000"), ("ultravox.call", "/?input_sample_rate=8000"), ("elevenlabs.agents", "/?agent_id=a"),
  ])
  func theSimulators(vendor: String, target: String) throws {
    let gateway = try GatewayProcess(
      Self.simulated("  one: {vendor: \(vendor), credential: {env: K}}", "  /: {upstream: one}"),
      environment: ["JWT_SECRET": RefusalTests.secret, "K": "k"], arguments: ["--simulate", "all"])
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest(target, [("Authorization", "Bearer \(token)")]))
    #expect(client.status == 101, "\(gateway.log)")
    try client.leave()
    #expect(!gateway.log.contains(token))
  }

  /// A session's format is what the request beforehand declared: one byte a sample, not two.
  @Test func theFormatOfTheRequestBeforehandHolds() throws {
    let gateway = try GatewayProcess(
      Self.simulated(
        "  one: {vendor: gladia.live, credential: {env: K}}", "  /: {upstream: one, authentication: none, audio: {policy: reject}}"),
      environment: ["JWT_SECRET": RefusalTests.secret, "K": "k"], arguments: ["--simulate", "all"])
    let mulaw = try AdmissionClient(gateway, UpgradeRequest("/?encoding=wav/ulaw&bit_depth=8&sample_rate=8000"))
    #expect(mulaw.status == 101, "\(mulaw.answer.text)")
    try mulaw.send(.binary([UInt8](repeating: 0xFF, count: 1_601)))
    try mulaw.leave()
    #expect(try gateway.logLine(with: #""event":"session""#).contains(#""audio_ms_up":200"#), "\(gateway.log)")
    let linear = try AdmissionClient(gateway, UpgradeRequest("/?sample_rate=8000"))
    try linear.send(.binary([UInt8](repeating: 0, count: 1_601)))
    #expect(try linear.close()?.hasPrefix("1007") == true)
  }

  // MARK: Played by the tests

  /// - Parameter beforehand: where the request beforehand goes.
  private static func own(_ beforehand: Int, _ port: UInt16) -> String {
    AdmissionTable.head + """
      vendors:
        own.live:
          like: gladia.live
          endpoint: {url: "ws://127.0.0.1:\(port)/v2/live"}
          init: {url: "http://127.0.0.1:\(beforehand)/v2/live?region={region}"}
      authentication:
        app: {type: jwt, secret: {env: JWT_SECRET}}
      upstreams:
        own: {vendor: own.live, credential: {env: VENDOR_KEY}}
      routes:
        /own: {upstream: own, authentication: [app]}

      """
  }

  private static func http(_ status: String, _ body: String) -> String {
    "HTTP/1.1 \(status)\r\nX-Reason: \(canary)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static let environment = ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": key]

  @Test func theVendorIsAskedWithItsOwnKey() async throws {
    let listener = try RawListener()
    let stub = try await StubServer(Self.http("201 Created", #"{"id":"1","url":"ws://127.0.0.1:\#(listener.port)/v2/live?token=grant"}"#))
    let gateway = try GatewayProcess(Self.own(stub.port, listener.port), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/own?token=\(token)&sample_rate=8000").text)
    let upstream = try UpstreamEnd(listener)
    #expect(try AdmissionClient(connection).status == 101)
    let asked = try #require(stub.requests.first)
    #expect(asked.hasPrefix("POST /v2/live?region=eu-west ") && asked.contains("x-gladia-key: \(Self.key)\r\n"))
    #expect(asked.contains(#""sample_rate":8000"#) && !asked.contains(token))
    #expect(upstream.asked.line == "GET /v2/live?token=grant HTTP/1.1")
    let text = "\(upstream.asked.line) \(upstream.asked.headers)"
    #expect(!text.contains(Self.key) && !text.contains(token))
    #expect(!gateway.log.contains(Self.key) && !gateway.log.contains(token) && !gateway.log.contains("grant"))
  }

  static let refusals: [(name: String, status: String, body: String, type: String, code: Int)] = [
    ("a wrong key", "401 Unauthorized", "{}", "upstream_refused", 502), ("no room", "429 Too Many Requests", "{}", "upstream_refused", 502),
    ("broken", "500 Internal Server Error", "{}", "upstream_refused", 502), ("another success", "200 OK", "{}", "upstream_refused", 502),
    ("no URL", "201 Created", #"{"id":"1"}"#, "upstream_refused", 502), ("no JSON", "201 Created", canary, "upstream_refused", 502),
    ("elsewhere", "201 Created", #"{"url":"wss://evil.example/?canary-answer-text"}"#, "upstream_refused", 502),
    ("this machine", "201 Created", #"{"url":"ws://127.0.0.1:1/?canary-answer-text"}"#, "upstream_refused", 502),
    ("a redirect", "302 Found", "", "upstream_refused", 502),
  ]

  @Test(arguments: refusals.indices)
  func anAnswerThatLeadsNowhere(index: Int) async throws {
    let (name, status, body, type, code) = Self.refusals[index]
    let listener = try RawListener(listening: false)
    let stub = try await StubServer(Self.http(status, body))
    let gateway = try GatewayProcess(Self.own(stub.port, listener.port), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest("/own", [("Authorization", "Bearer \(token)")]))
    let session = try RefusalTests.check(client.answer, code, type, name)
    #expect(try gateway.record("WS_UPSTREAM_REFUSED", session: session)["upstream"] == "own")
    let seen = "\(client.answer.headers) \(client.answer.text) \(gateway.log)"
    for secret in [Self.canary, Self.key, token] { #expect(!seen.contains(secret), "\(name)") }
  }

  @Test func whoIsAskedIsNotThere() throws {
    let (nobody, listener) = (try RawListener(listening: false), try RawListener(listening: false))
    let gateway = try GatewayProcess(Self.own(Int(nobody.port), listener.port), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest("/own", [("Authorization", "Bearer \(token)")]))
    try RefusalTests.check(client.answer, 502, "upstream_unreachable", "nobody")
  }

  // MARK: Tokens

  private static func exchanging(_ vendor: String, _ token: Int, _ port: UInt16) -> String {
    AdmissionTable.head + """
      vendors:
        own.tokens:
          like: \(vendor)
          endpoint: {url: "ws://{host}/v1"}
          credential: {exchange: {rest_token: {url: "http://127.0.0.1:\(token)/token"}}}
        own.oauth:
          kind: speech_to_text
          endpoint: {url: "ws://127.0.0.1:\(port)/v1"}
          credential:
            placement: [{header: {name: Authorization, scheme: Bearer}, of: token}]
            exchange: {oauth_client_credentials: {url: "http://127.0.0.1:\(token)/token", scope: speech}}
      upstreams:
        own: {vendor: own.tokens, credential: {env: VENDOR_KEY}, exchange: true, variables: {host: "127.0.0.1:\(port)"}}
        oauth: {vendor: own.oauth, credential: {env: VENDOR_KEY}, variables: {client_id: me}}
      defaults: {authentication: none}
      routes:
        /own: {upstream: own}
        /oauth: {upstream: oauth}

      """
  }

  /// A session, and what the upstream was shown.
  private func asked(_ gateway: GatewayProcess, _ listener: RawListener, _ target: String) throws -> RawConnection.Head {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest(target).text)
    let upstream = try UpstreamEnd(listener)
    #expect(try AdmissionClient(connection).status == 101)
    return upstream.asked
  }

  @Test func aTokenStandsInForTheKey() async throws {
    let listener = try RawListener()
    let stub = try await StubServer(Self.http("200 OK", #"{"access_token":"short-lived","expires_in":600}"#))
    let gateway = try GatewayProcess(Self.exchanging("deepgram.listen", stub.port, listener.port), environment: Self.environment)
    for _ in 0..<3 {
      let head = try asked(gateway, listener, "/own?model=nova-3")
      #expect(head["Authorization"] == ["Bearer short-lived"])
      #expect(!"\(head.line) \(head.headers)".contains(Self.key))
    }
    // One is enough as long as it lives.
    #expect(stub.requests.count == 1 && stub.requests.first?.contains("Authorization: Token \(Self.key)\r\n") == true)
    #expect(!gateway.log.contains("short-lived") && !gateway.log.contains(Self.key))
  }

  @Test func aTokenForOneSession() async throws {
    let listener = try RawListener()
    let stub = try await StubServer(Self.http("200 OK", #"{"token":"once"}"#))
    let gateway = try GatewayProcess(Self.exchanging("assemblyai.streaming", stub.port, listener.port), environment: Self.environment)
    for count in 1...3 {
      #expect(try asked(gateway, listener, "/own?sample_rate=16000").line.contains("token=once"))
      #expect(stub.requests.count == count)
    }
  }

  /// A kept token that is refused is forgotten, and a fresh one tried for the same client.
  @Test func aTokenThatIsRefused() async throws {
    let listener = try RawListener()
    let stub = try await StubServer(Self.http("200 OK", #"{"access_token":"short-lived","expires_in":600}"#))
    let gateway = try GatewayProcess(Self.exchanging("deepgram.listen", stub.port, listener.port), environment: Self.environment)
    _ = try asked(gateway, listener, "/own?model=nova-3")
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/own?model=nova-3").text)
    let refusing = try listener.accept()
    _ = try refusing.head()
    try refusing.send(Self.http("401 Unauthorized", ""))
    _ = try UpstreamEnd(listener)
    #expect(try AdmissionClient(connection).status == 101)
    #expect(stub.requests.count == 2)
  }

  @Test func clientCredentials() async throws {
    let listener = try RawListener()
    let stub = try await StubServer(Self.http("200 OK", #"{"access_token":"short-lived","token_type":"Bearer","expires_in":3600}"#))
    let gateway = try GatewayProcess(Self.exchanging("deepgram.listen", stub.port, listener.port), environment: Self.environment)
    for _ in 0..<2 { #expect(try asked(gateway, listener, "/oauth")["Authorization"] == ["Bearer short-lived"]) }
    #expect(stub.requests.count == 1)
    let request = try #require(stub.requests.first)
    #expect(request.hasPrefix("POST /token ") && request.hasSuffix("\r\n\r\ngrant_type=client_credentials&scope=speech"))
    #expect(request.contains("Authorization: Basic \(Base64.encode(Array("me:\(Self.key)".utf8)))\r\n"))
  }

  @Test(arguments: [("401 Unauthorized", "{}", "upstream_refused"), ("200 OK", "{}", "upstream_unreachable")])
  func noToken(status: String, body: String, type: String) async throws {
    let listener = try RawListener(listening: false)
    let stub = try await StubServer(Self.http(status, body))
    let gateway = try GatewayProcess(Self.exchanging("deepgram.listen", stub.port, listener.port), environment: Self.environment)
    let client = try AdmissionClient(gateway, UpgradeRequest("/own?model=nova-3"))
    try RefusalTests.check(client.answer, 502, type, status)
    #expect(!"\(client.answer.headers) \(client.answer.text) \(gateway.log)".contains(Self.canary))
  }
}
