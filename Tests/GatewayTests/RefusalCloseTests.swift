import JSON
import TestSupport
import Testing
import WebSocket

/// The same refusals on routes with `refuse: close`: 101, then the code and reason of Docs/CloseCodes.md.
@Suite struct RefusalCloseTests {
  private static func table(silent: UInt16, refusing: UInt16, nobody: UInt16) -> String {
    AdmissionTable.head + """
      authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
      tiers:
        window: {opens: {ip: 1/1h}}
        one: {concurrent: {ip: 1}}
      upstreams:
        vendor: {vendor: openai.realtime, credential: {env: VENDOR_KEY}}
        keyless: {vendor: deepgram.listen, credential: {env: KEY_THAT_IS_NOT_SET}, query: {defaults: {model: nova-3}}}
        silent: {url: "ws://127.0.0.1:\(silent)/", timeouts: {dial: 300ms}}
        refusing: {url: "ws://127.0.0.1:\(refusing)/"}
        nobody: {url: "ws://127.0.0.1:\(nobody)/"}
      defaults: {authentication: none, origins: ["https://app.example.com"], refuse: close}
      routes:
        /open: {upstream: vendor}
        /off: {upstream: vendor, enabled: false}
        /token: {upstream: vendor, authentication: [app]}
        /window: {upstream: nobody, tier: window}
        /one: {upstream: silent, tier: one}
        /keyless: {upstream: keyless}
        /silent: {upstream: silent}
        /refusing: {upstream: refusing}
        /nobody: {upstream: nobody}
        /chosen: {upstream: nobody, subprotocols: [voice.v2, voice.v1]}

      """
  }

  private let listeners: (silent: RawListener, refusing: RawListener, nobody: RawListener)
  private let gateway: GatewayProcess

  init() throws {
    listeners = try (RawListener(), RawListener(), RawListener(listening: false))
    gateway = try GatewayProcess(
      Self.table(silent: listeners.silent.port, refusing: listeners.refusing.port, nobody: listeners.nobody.port),
      environment: ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": "k"], arguments: ["--simulate", "none"])
  }

  /// Expects 101 and a Close; checks what such an answer has, and that the connection ends after it.
  private func expectClose(_ client: AdmissionClient, _ close: String, _ name: String) throws {
    #expect(client.status == 101, "\(name): \(client.answer.line)")
    #expect(client.answer["Sec-WebSocket-Accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], "\(name)")
    #expect(try client.close() == close, "\(name)")
    try client.leave()
  }

  @Test func everyRefusalHasACodeAndAReason() throws {
    let foreign = UpgradeRequest("/open", [("Origin", "https://evil.test")])
    let rows: [(String, UpgradeRequest, String, String)] = [
      ("foreign origin", foreign, "1008 Origin not allowed", "WS_CONNECTION_BLOCKED_INVALID_ORIGIN"),
      ("switched off", UpgradeRequest("/off"), "1013 Service disabled", "WS_CONNECTION_BLOCKED_FEATURE_DISABLED"),
      ("no token", UpgradeRequest("/token"), "1008 Authentication required", "WS_AUTH_FAILED_NO_TOKEN"),
      (
        "wrong token in the header", UpgradeRequest("/token", [("Authorization", "Bearer x.y.z")]), "1008 Unauthorized",
        "WS_AUTH_FAILED_INVALID_TOKEN"
      ),
      ("wrong token in the query", UpgradeRequest("/token?token=x.y.z"), "1008 Invalid token", "WS_AUTH_FAILED_INVALID_TOKEN"),
      (
        "wrong token in a subprotocol", UpgradeRequest("/token", [("Sec-WebSocket-Protocol", "token, x.y.z")]), "1008 Invalid token",
        "WS_AUTH_FAILED_INVALID_TOKEN"
      ),
      ("nobody there", UpgradeRequest("/nobody"), "1011 Proxy error", "WS_UPSTREAM_UNREACHABLE"),
      ("silent", UpgradeRequest("/silent"), "1011 Proxy error", "WS_UPSTREAM_TIMEOUT"),
    ]
    for (name, request, close, event) in rows {
      try expectClose(AdmissionClient(gateway, request), close, name)
      #expect(try gateway.logLine(with: #""event":"\#(event)""#).contains(#""ip":"127.0.0.xxx""#), "\(name)")
    }
    try expectClose(AdmissionClient(gateway, UpgradeRequest("/keyless")), "1011 Server configuration error", "no vendor key")
    let page = try gateway.metrics()
    for (route, reason, count) in [
      ("/open", "forbidden_origin", 1.0), ("/off", "disabled", 1), ("/token", "unauthorized", 4), ("/nobody", "upstream_unreachable", 1),
      ("/silent", "upstream_timeout", 1), ("/keyless", "misconfigured", 1),
    ] {
      #expect(page["voxgate_refusals_total{route=\"\(route)\",reason=\"\(reason)\"}"] == count, "\(route)")
    }
  }

  @Test func anUpstreamThatRefuses() throws {
    let client = try RawConnection(port: gateway.port)
    try client.send(UpgradeRequest("/refusing").text)
    let upstream = try listeners.refusing.accept()
    _ = try upstream.head()
    try upstream.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    try expectClose(AdmissionClient(client), "1011 Proxy error", "refused")
    #expect(try gateway.logLine(with: "WS_UPSTREAM_REFUSED").contains(#""status":403"#))
  }

  @Test func limits() throws {
    try expectClose(AdmissionClient(gateway, UpgradeRequest("/window")), "1011 Proxy error", "the one of the window")
    try expectClose(AdmissionClient(gateway, UpgradeRequest("/window")), "1013 Too many requests", "the second of the window")
    #expect(try gateway.logLine(with: "WS_CONNECTION_BLOCKED_RATE_LIMIT").contains(#""ip":"127.0.0.xxx""#))

    let waiting = try RawConnection(port: gateway.port)
    try waiting.send(UpgradeRequest("/one").text)
    let upstream = try listeners.silent.accept()
    try expectClose(AdmissionClient(gateway, UpgradeRequest("/one")), "1013 Too many concurrent sessions", "the second at once")
    #expect(try gateway.logLine(with: "WS_CONNECTION_BLOCKED_CONNECTION_LIMIT").contains(#""currentConnections":1"#))
    upstream.close()
  }

  /// A browser drops a 101 that answers none of what it offered, and would never show the code.
  @Test func theAnswerChoosesFromTheOffer() throws {
    let rows: [(String, String?, String?)] = [
      ("/off", nil, nil), ("/off", "realtime", "realtime"), ("/off", "realtime, openai-insecure-api-key.x.y.z", "realtime"),
      ("/off", "openai-insecure-api-key.x.y.z, realtime", "realtime"), ("/off", "token, x.y.z", "token"),
      ("/off", "Bearer, x.y.z", "Bearer"),
      ("/off", "something.else, another", "something.else"), ("/chosen", "voice.v1, voice.v2", "voice.v2"),
      ("/chosen", "voice.v1", "voice.v1"),
      ("/chosen", "unknown", "unknown"),
      // Nothing but a credential: there is nothing to answer that would not be it.
      ("/off", "openai-insecure-api-key.x.y.z", nil),
    ]
    for (path, offer, expected) in rows {
      let client = try AdmissionClient(gateway, UpgradeRequest(path, offer.map { [("Sec-WebSocket-Protocol", $0)] } ?? []))
      #expect(client.answer["Sec-WebSocket-Protocol"] == (expected.map { [$0] } ?? []), "\(path) \(offer ?? "none")")
      let close = path == "/off" ? "1013 Service disabled" : "1011 Proxy error"
      #expect(try client.close() == close)
    }
  }

  /// What is no opening has no socket to close.
  @Test func aBrokenOpeningIsAStatus() throws {
    try RefusalTests.check(AdmissionClient(gateway, UpgradeRequest("/off").with("Sec-WebSocket-Key")).answer, 400, "bad_request", "no key")
    try RefusalTests.check(AdmissionClient(gateway, UpgradeRequest("/off").with("Upgrade")).answer, 426, "upgrade_required", "plain")
    try RefusalTests.check(gateway.get("/off", method: "POST"), 405, "method_not_allowed", "POST")
    try RefusalTests.check(AdmissionClient(gateway, UpgradeRequest("/nowhere")).answer, 404, "not_found", "no such path")
  }

  /// What the client sends before it has seen the Close does no harm.
  @Test func aClientThatTalksOn() throws {
    let connection = try RawConnection(port: gateway.port)
    let early = (0..<50).flatMap { _ in Message.binary([UInt8](repeating: 7, count: 1_000)).frame(maskKey: 9) }
    try connection.send(Array(UpgradeRequest("/off").text.utf8) + early)
    let client = try AdmissionClient(connection)
    #expect(client.status == 101)
    try client.send(.text("still talking"))
    #expect(try client.close() == "1013 Service disabled")
  }
}
