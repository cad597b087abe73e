import JSON
import TestSupport
import Testing
import WebSocket

/// The plain pages: health and readiness for everybody, metrics for the operator.
@Suite struct AdmissionPagesTests {
  private static let adminToken = "canary-admin-token-0123456789"

  private static func table(adminToken: Bool = false) -> String {
    let admin = #"admin: {address: "127.0.0.1:0""#
    return AdmissionTable.head.replacing(admin, with: adminToken ? admin + ", token: {env: ADMIN_TOKEN}" : admin) + """
      upstreams:
        deepgram: {vendor: deepgram.listen, credential: {env: DEEPGRAM}, query: {defaults: {model: nova-3}}}
        openai: {vendor: openai.realtime, credential: {env: OPENAI}}
      defaults: {authentication: none}
      routes:
        /deepgram-off: {upstream: deepgram, enabled: false}
        /deepgram-proxy: {upstream: deepgram}
        /openai: {upstream: openai, enabled: false}

      """
  }

  private func start(adminToken: Bool = false) throws -> GatewayProcess {
    try GatewayProcess(
      Self.table(adminToken: adminToken), environment: ["OPENAI": "k", "ADMIN_TOKEN": Self.adminToken],
      arguments: ["--simulate", "missing"])
  }

  /// D25 and D26 of Docs/Compatibility.md.
  @Test func healthAndReadiness() throws {
    let gateway = try start()
    for port in [gateway.port, gateway.adminPort] {
      let health = try gateway.get("/health", port: port)
      #expect(health.status == 200 && health.text == #"{"status":"ok"}"# && health["Content-Type"] == ["application/json"])
      let ready = try gateway.get("/ready?verbose=1", port: port)
      #expect(ready.status == 200)
      let expected: JSONValue = [
        "status": "ready", "port": .int(Int64(port)), "https": false,
        "services": ["deepgram": ["enabled": true, "path": "/deepgram-proxy"], "openai": ["enabled": false, "path": nil]],
        "routes": [
          "/deepgram-off": ["enabled": false, "upstream": "deepgram", "simulated": true],
          "/deepgram-proxy": ["enabled": true, "upstream": "deepgram", "simulated": true],
          "/openai": ["enabled": false, "upstream": "openai", "simulated": false],
        ],
      ]
      #expect(try JSONValue.parse(ready.body) == expected, "\(ready.text)")
      for page in [health, ready] {
        for (header, value) in RefusalTests.securityHeaders { #expect(page[header] == [value]) }
        #expect(page["Strict-Transport-Security"] == [] && page["Connection"] == ["close"])
      }
    }
  }

  /// Over TLS a browser is told to stay there, on refusals too.
  @Test func strictTransportSecurity() throws {
    let certificates = CertificateFolder.shared
    let table = Self.table().replacing(
      #"{address: "127.0.0.1:0"}]"#,
      with:
        #"{address: "127.0.0.1:0", tls: {certificate: \#(certificates.file("localhost.pem")), key: \#(certificates.file("localhost.key"))}}]"#
    )
    let gateway = try GatewayProcess(table)
    func curl(_ path: String, _ arguments: String...) throws -> String {
      try ChildProcess.run(
        ["curl", "-sS", "-i", "--http1.1", "--cacert", certificates.file("ca.pem")] + arguments + [
          "https://localhost:\(gateway.port)\(path)"
        ])
    }
    let header = "\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    #expect(try curl("/ready").contains(#""https":true"#))
    for (path, status) in [("/ready", 200), ("/nowhere", 404), ("/deepgram-proxy", 426)] {
      let answer = try curl(path)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains(header), "\(answer)")
    }
    let long = try curl("/ready", "-H", "X: " + String(repeating: "a", count: 40_000))
    #expect(long.hasPrefix("HTTP/1.1 431 ") && long.contains(header), "\(long)")
  }

  // MARK: Metrics

  @Test func metricsAreForTheOperator() throws {
    let open = try start()
    #expect(try open.get("/metrics").status == 404)
    let page = try open.get("/metrics", port: open.adminPort)
    #expect(page.status == 200 && page["Content-Type"] == ["text/plain; version=0.0.4; charset=utf-8"])
    #expect(try open.get("/metrics", port: open.adminPort, method: "HEAD")["Content-Length"].first.map { $0 != "0" } == true)

    let closed = try start(adminToken: true)
    for path in ["/metrics", "/health", "/ready", "/nowhere"] {
      for authorization in [nil, "Bearer", "Bearer x", "Basic \(Self.adminToken)", Self.adminToken, "Bearer \(Self.adminToken)x"] {
        let answer = try closed.get(path, port: closed.adminPort, authorization.map { [("Authorization", $0)] } ?? [])
        #expect(answer.status == 401 && answer["WWW-Authenticate"] == ["Bearer"], "\(path) \(authorization ?? "none")")
        #expect(!answer.text.contains("voxgate_"))
      }
    }
    let allowed = try closed.get("/metrics", port: closed.adminPort, [("Authorization", "Bearer \(Self.adminToken)")])
    #expect(allowed.status == 200)
    #expect(try PrometheusPage(allowed.text)["voxgate_build_info{version=\"0.1.0\"}"] == 1)
    #expect(!closed.log.contains(Self.adminToken))
    // The clients' address asks nobody.
    #expect(try closed.get("/health").status == 200)
  }

  @Test func countsMoveWithSessions() throws {
    let gateway = try start()
    let before = try gateway.metrics()
    #expect(before["voxgate_handshakes_in_progress"] == 0 && before["voxgate_draining"] == 0)
    let route = "route=\"/deepgram-proxy\""
    let client = try AdmissionClient(gateway, UpgradeRequest("/deepgram-proxy"))
    #expect(client.status == 101)
    let during = try gateway.metrics()
    #expect(during["voxgate_sessions_open{\(route)}"] == 1)
    #expect(during["voxgate_sessions_opened_total{\(route),upstream=\"deepgram\"}"] == 1)
    #expect(during["voxgate_session_ready_seconds_count{\(route)}"] == 1)
    #expect(during["voxgate_upstream_dial_seconds_count{upstream=\"deepgram\"}"] == 1)

    try client.send(.text(#"{"type":"KeepAlive"}"#))
    try client.leave()
    _ = try gateway.logLine(with: "WS_CONNECTION_CLOSED")
    let after = try gateway.metrics()
    #expect(after["voxgate_sessions_open{\(route)}"] == 0)
    #expect(after["voxgate_sessions_closed_total{\(route),by=\"downstream\",cause=\"closed\",code=\"1000\"}"] == 1)
    #expect(after["voxgate_session_duration_seconds_count{\(route)}"] == 1)
    #expect(after["voxgate_messages_total{direction=\"up\"}"] == 1)
    #expect(after["voxgate_bytes_total{direction=\"up\"}"] > 20)

    #expect(try gateway.get("/deepgram-proxy").status == 426)
    #expect(try gateway.metrics()["voxgate_refusals_total{\(route),reason=\"upgrade_required\"}"] == 1)
  }

  /// Cumulative buckets that end with all, as a scraper wants them.
  @Test func histogramsAddUp() throws {
    let gateway = try start()
    for _ in 0..<3 { try AdmissionClient(gateway, UpgradeRequest("/deepgram-proxy")).leave() }
    while try gateway.metrics()["voxgate_session_duration_seconds_count{route=\"/deepgram-proxy\"}"] < 3 {}
    let page = try gateway.metrics()
    var histograms = 0
    for (name, type) in page.types where type == "histogram" {
      let buckets = page.samples.filter { $0.key.hasPrefix("\(name)_bucket{") && $0.key.contains("/deepgram-proxy") }
      guard !buckets.isEmpty else { continue }
      histograms += 1
      let ordered = buckets.map { key, value in (Self.bound(key), value) }.sorted { $0.0 < $1.0 }
      #expect(ordered.last?.0 == .infinity && ordered.last?.1 == page["\(name)_count{route=\"/deepgram-proxy\"}"], "\(name)")
      #expect(zip(ordered, ordered.dropFirst()).allSatisfy { $0.1 <= $1.1 }, "\(name)")
    }
    #expect(histograms >= 2)
  }

  private static func bound(_ key: String) -> Double {
    let text = key.split(separator: "le=\"").last?.prefix { $0 != "\"" } ?? ""
    return text == "+Inf" ? .infinity : Double(text) ?? -1
  }
}
