import Guards
import JSON
import Telemetry
import TestSupport
import Testing
import WebSocket

/// How often and how many: N3 and N4 of Docs/Compatibility.md.
@Suite struct AdmissionLimitsTests {
  private static let table =
    AdmissionTable.head + """
      authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
      tiers:
        donna: {opens: {ip: 10/1h}}
        wide: {opens: {ip: 100/1h}}
        bucket: {opens: {ip: {rate: 100/1h, burst: 2}}}
        three: {concurrent: {ip: 3}}
      upstreams:
        vendor: {vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: nova-3}}}
      defaults: {authentication: none, origins: ["https://app.example.com"]}
      routes:
        /ten: {upstream: vendor, tier: donna}
        /ten-too: {upstream: vendor, tier: donna}
        /token: {upstream: vendor, tier: wide, authentication: [app]}
        /bucket: {upstream: vendor, tier: bucket}
        /three: {upstream: vendor, tier: three}
        /free: {upstream: vendor}

      """

  private func start() throws -> GatewayProcess {
    try GatewayProcess(
      Self.table, environment: ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": "k"], arguments: ["--simulate", "all"])
  }

  /// Limits are kept in so much memory; what did not fit is seen by whoever watches over them.
  @Test func forgottenLimitsAreCounted() throws {
    let metrics = GatewayMetrics()
    let admission = Admission(capacity: 1, entries: 64, metrics: metrics)
    let limit = Allowance(count: 2, per: 60_000_000_000)
    for address in 0..<200 as Range<UInt32> {
      let key = LimitKey("one", .address(.v4(address)))
      #expect(admission.rates.take(key, limit, now: 0).allowed)
      #expect(admission.meters.meter(.messages, key, limit, now: 0).take(1, now: 0))
    }
    let page = try PrometheusPage(metrics.expose())
    for (table, kept) in [("rates", admission.rates.count), ("meters", admission.meters.count)] {
      #expect(kept <= 64 && page["voxgate_store_evictions_total{table=\"\(table)\"}"] == Double(200 - kept), "\(table)")
    }
  }

  /// N3: ten pass, the eleventh is refused; what counts is every attempt that passed the origin.
  @Test func tenPassAndTheEleventhDoesNot() throws {
    let gateway = try start()
    for _ in 0..<3 { #expect(try AdmissionClient(gateway, UpgradeRequest("/ten", [("Origin", "https://evil.test")])).status == 403) }
    for index in 1...10 {
      let client = try AdmissionClient(gateway, UpgradeRequest(index == 5 ? "/ten-too" : "/ten"))
      #expect(client.status == 101)
      #expect(client.answer["RateLimit-Limit"] == ["10"] && client.answer["RateLimit-Remaining"] == ["\(10 - index)"])
      try client.leave()
    }
    for _ in 0..<2 {
      let refused = try AdmissionClient(gateway, UpgradeRequest("/ten"))
      let session = try RefusalTests.check(refused.answer, 429, "rate_limited", "the eleventh")
      #expect(refused.answer["RateLimit-Limit"] == ["10"] && refused.answer["RateLimit-Remaining"] == ["0"])
      // Both say how long the window still is.
      let wait = Int(refused.answer["Retry-After"].first ?? "") ?? 0
      #expect((1...3600).contains(wait) && refused.answer["RateLimit-Reset"] == ["\(wait)"])
      #expect(refused.answer["X-RateLimit-Limit"] == [])
      let record = try gateway.record("WS_CONNECTION_BLOCKED_RATE_LIMIT", session: session)
      #expect(record["ip"] == "127.0.0.xxx" && record["level"] == "warning")
    }
    // Another address has a window of its own, other routes are not limited, and plain pages are none.
    #expect(try AdmissionClient(gateway, UpgradeRequest("/ten"), from: "127.0.0.9").status == 101)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/free")).status == 101)
    #expect(try gateway.get("/health").status == 200)
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/ten\",reason=\"rate_limited\"}"] == 2)
  }

  @Test func aBucketHasItsBurst() throws {
    let gateway = try start()
    #expect(try (0..<3).map { _ in try AdmissionClient(gateway, UpgradeRequest("/bucket")).status } == [101, 101, 429])
  }

  /// Who guesses credentials is not answered for the rest of the window, right ones included.
  @Test func wrongCredentialsAreLimited() throws {
    let gateway = try start()
    for _ in 0..<20 { #expect(try AdmissionClient(gateway, UpgradeRequest("/token?token=x.y.z")).status == 401) }
    let good = try UpgradeRequest("/token?token=\(AdmissionCredentialTests.token())")
    let refused = try AdmissionClient(gateway, good)
    let session = try RefusalTests.check(refused.answer, 429, "rate_limited", "the twenty-first")
    #expect(refused.answer["RateLimit-Limit"] == ["20"])
    #expect(try gateway.record("WS_AUTH_BLOCKED_RATE_LIMIT", session: session)["ip"] == "127.0.0.xxx")
    #expect(try AdmissionClient(gateway, good, from: "127.0.0.9").status == 101)
  }

  // MARK: Sessions at once

  /// N4: the fourth is refused; a place is free again when a session has ended, however it did.
  @Test(arguments: ["closes", "hangs up", "crashes"])
  func theFourthAtOnce(end: String) throws {
    let gateway = try start()
    var clients = try (0..<3).map { _ in try AdmissionClient(gateway, UpgradeRequest("/three")) }
    #expect(clients.map(\.status) == [101, 101, 101])
    let refused = try AdmissionClient(gateway, UpgradeRequest("/three"))
    let session = try RefusalTests.check(refused.answer, 429, "too_many_sessions", "the fourth")
    #expect(refused.answer["RateLimit-Limit"] == ["3"] && refused.answer["RateLimit-Remaining"] == ["0"])
    #expect(refused.answer["Retry-After"] == ["10"] && refused.answer["RateLimit-Reset"] == ["10"])
    let record = try gateway.record("WS_CONNECTION_BLOCKED_CONNECTION_LIMIT", session: session)
    #expect(record["currentConnections"] == 3 && record["maxAllowed"] == 3 && record["ip"] == "127.0.0.xxx")
    #expect(try AdmissionClient(gateway, UpgradeRequest("/three"), from: "127.0.0.9").status == 101)

    let last = clients.removeLast()
    switch end {
    case "closes": try last.leave()
    case "hangs up": last.connection.close()
    default: last.connection.reset()
    }
    _ = try gateway.logLine(with: "WS_CONNECTION_CLOSED", #""remainingConnections":2"#)
    let next = try AdmissionClient(gateway, UpgradeRequest("/three"))
    #expect(next.status == 101)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/three")).status == 429)
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/three\",reason=\"too_many_sessions\"}"] == 2)
    withExtendedLifetime((clients, next)) {}
  }

  /// What is refused after its place was counted gives it back: a bad token holds none.
  @Test func aRefusedCredentialHoldsNoPlace() throws {
    let table = Self.table.replacing("tier: wide", with: "tier: three")
    let gateway = try GatewayProcess(
      table, environment: ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": "k"], arguments: ["--simulate", "all"])
    for _ in 0..<5 { #expect(try AdmissionClient(gateway, UpgradeRequest("/token?token=x.y.z")).status == 401) }
    let good = try UpgradeRequest("/token?token=\(AdmissionCredentialTests.token())")
    let clients = try (0..<3).map { _ in try AdmissionClient(gateway, good) }
    #expect(clients.map(\.status) == [101, 101, 101])
  }
}
