import FoundationEssentials
import Glibc
import JSON
import TestSupport
import Testing
import WebSocket

/// The metrics of a gateway that has been used.
@Suite struct MetricsTests {
  private static func table(_ upstream: UInt16, _ silent: UInt16) -> String {
    """
    version: 1
    listeners: [{address: "127.0.0.1:0"}, {address: "127.0.0.1:0", proxy_protocol: require}]
    admin: {address: "127.0.0.1:0"}
    trusted_proxies: [127.0.0.2]
    authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
    tiers: {hourly: {opens: {ip: 100/1h}}}
    upstreams:
      own: {url: "ws://127.0.0.1:\(upstream)"}
      silent: {url: "ws://127.0.0.1:\(silent)"}
      nowhere: {url: "ws://127.0.0.1:9"}
    defaults: {authentication: none}
    routes:
      /own: {upstream: own, authentication: [app], audio: {policy: warn, encoding: linear16, sample_rate: 16000}}
      /short: {upstream: own, tier: hourly, timeouts: {client_idle: 1s}}
      /silent: {upstream: silent}
      /nowhere: {upstream: nowhere}
    """
  }

  /// What other tests cause, and look for.
  private static let elsewhere: Set<String> = [
    "voxgate_backpressure_pauses_total", "voxgate_reloads_total", "voxgate_upstream_circuit", "voxgate_upstream_fallbacks_total",
    "voxgate_upstream_credential_rests_total", "voxgate_upstream_ready_seconds", "voxgate_upstream_first_transcript_seconds",
    "voxgate_upstream_first_audio_seconds", "voxgate_turn_latency_seconds", "voxgate_turns_total", "voxgate_upstream_usage_total",
    "voxgate_upstream_errors_total", "voxgate_upstream_keepalives_total", "voxgate_store_evictions_total",
    "voxgate_upstream_handovers_total",
  ]
  /// What the other tests of this suite cause.
  private static let below: Set<String> = ["voxgate_draining", "voxgate_log_lines_lost_total"]

  @Test func othersLookForTheRest() throws {
    let folder = Repository.root + "Tests/GatewayTests/"
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") || $0.hasSuffix(".py") }
    let texts = try files.filter { $0 != "MetricsTests.swift" }.map { try String(contentsOfFile: folder + $0, encoding: .utf8) }
    for name in Self.elsewhere { #expect(texts.contains { $0.contains(name) }, "\(name)") }
  }

  /// Plays sessions, refusals and failures; afterwards no metric is at its beginning.
  @Test func everythingMoves() throws {
    let (listener, silent) = (try RawListener(), try RawListener())
    let gateway = try GatewayProcess(Self.table(listener.port, silent.port), environment: ["JWT_SECRET": RefusalTests.secret])

    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/own?token=\(AdmissionCredentialTests.token())").text)
    let upstream = try UpstreamEnd(listener)
    let client = try AdmissionClient(connection)
    #expect(client.status == 101)
    try client.send(.binary([UInt8](repeating: 0, count: 32_000)))
    guard case .message = try upstream.next() else { throw ChildProcess.Failure(description: "no message") }
    try upstream.send(.text("hello"))
    guard case .message = try client.next() else { throw ChildProcess.Failure(description: "no answer") }

    // Refused, failed, closed unanswered; one opening stays in progress, and one client ends by a clock.
    for (path, status) in [("/own?token=x.y.z", 401), ("/nowhere", 502)] {
      #expect(try AdmissionClient(gateway, UpgradeRequest(path)).status == status)
    }
    #expect(try gateway.get("/health").status == 200)
    let bare = try RawConnection(port: secondPort(gateway))
    try bare.send("GET / HTTP/1.1\r\nHost: voxgate.test\r\n\r\n")
    #expect(try bare.takeRest() == [])
    let waiting = try RawConnection(port: gateway.port)
    try waiting.send(UpgradeRequest("/silent").text)
    let dialled = try silent.accept()
    let other = try RawConnection(port: gateway.port)
    try other.send(UpgradeRequest("/short").text)
    let idle = try UpstreamEnd(listener)
    #expect(try AdmissionClient(other).close() == "1001 Client idle")

    let during = try gateway.metrics()
    #expect(during[#"voxgate_sessions_open{route="/own"}"#] == 1)
    #expect(during["voxgate_handshakes_in_progress"] == 1)
    #expect(during[#"voxgate_audio_seconds_total{route="/own",direction="up"}"#] == 1)
    #expect(during[#"voxgate_store_entries{table="rates"}"#] > 0)
    #expect(during.samples.contains { $0.key.hasPrefix("voxgate_connections_open{") && $0.value > 0 })
    try client.leave()
    _ = try gateway.logLine(with: #""event":"session""#, #""route":"/own""#, #""audio_ms_up":1000"#)
    _ = try gateway.logLine(with: #""event":"session""#, #""cause":"client_idle""#)
    withExtendedLifetime((waiting, dialled, idle)) {}

    let page = try gateway.metrics()
    #expect(page[#"voxgate_sessions_opened_total{route="/own",upstream="own"}"#] == 1)
    #expect(page[#"voxgate_sessions_closed_total{route="/own",by="downstream",cause="closed",code="1000"}"#] == 1)
    #expect(page[#"voxgate_sessions_closed_total{route="/short",by="gateway",cause="client_idle",code="1001"}"#] == 1)
    #expect(page[#"voxgate_authentications_total{route="/own",method="jwt",result="accepted"}"#] == 1)
    #expect(page[#"voxgate_authentications_total{route="/own",method="jwt",result="refused"}"#] == 1)
    #expect(page[#"voxgate_audio_seconds_total{route="/own",direction="up"}"#] == 1)
    #expect(page["voxgate_reactor_lag_seconds_count"] > 0)
    #expect(page.samples.contains { $0.key.hasSuffix(#"reason="proxy_header"}"#) && $0.value == 1 })
    let still = page.types.keys.filter { name in
      let moved = page.samples.contains { $0.key.prefix { $0 != "{" }.hasPrefix(name) && $0.value > 0 }
      return !moved && !(during.samples.contains { $0.key.prefix { $0 != "{" } == name && $0.value > 0 })
    }
    let unexpected = Set(still).subtracting(Self.elsewhere).subtracting(Self.below)
    #expect(unexpected.isEmpty, "never moved")

    // Prometheus' own tool has nothing to say against the page.
    let folder = TemporaryFolder()
    let text = try gateway.get("/metrics", port: gateway.adminPort).text
    let run = try Promtool.run(["check", "metrics"], input: folder.write("metrics", text))
    #expect(run.status == 0 && run.text.isEmpty, "\(run.text)")
  }

  /// The port of the second listener.
  private func secondPort(_ gateway: GatewayProcess) throws -> UInt16 {
    let lines = gateway.log.split(separator: "\n").filter { $0.contains(#""message":"listening""#) }
    let port = try #require(lines.last?.firstRange(of: #""port":"#)).upperBound
    return try #require(lines.last.flatMap { UInt16($0[port...].prefix { $0.isNumber }) })
  }

  @Test func drainingIsSeen() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(
      AdmissionTable.head + """
        upstreams: {own: {url: "ws://127.0.0.1:\(listener.port)"}}
        defaults: {authentication: none}
        routes: {/own: {upstream: own}}
        drain: {grace: 60s}

        """)
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/own").text)
    let upstream = try UpstreamEnd(listener)
    let client = try AdmissionClient(connection)
    #expect(try gateway.metrics()["voxgate_draining"] == 0)
    gateway.terminate()
    try gateway.waitForLog(#""message":"draining""#)
    #expect(try gateway.metrics()["voxgate_draining"] == 1)
    try client.leave()
    #expect(try gateway.finish() == 0)
    withExtendedLifetime(upstream) {}
  }

  /// A log that takes nothing more does not stop the gateway; the loss is counted.
  @Test func lostLinesAreCounted() throws {
    let (port, admin) = (try LoopbackPort.free(), try LoopbackPort.free())
    let folder = TemporaryFolder()
    let file = try folder.write(
      "upstreams.yaml",
      """
      version: 1
      listeners: [{address: "127.0.0.1:\(port)"}]
      admin: {address: "127.0.0.1:\(admin)"}
      upstreams: {own: {url: "ws://127.0.0.1:9"}}
      routes: {/own: {upstream: own, authentication: none}}
      """)
    let child = try ChildProcess(["sh", "-c", #"exec "$0" serve --config "$1" 2>/dev/full"#, Repository.voxgate, file])
    defer {
      kill(child.pid, SIGTERM)
      _ = try? child.finish()
    }
    for _ in 0..<1_500 where !LoopbackPort.accepts(admin) { usleep(20_000) }
    let connection = try RawConnection(port: admin)
    try connection.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let page = try PrometheusPage(connection.head().text)
    #expect(page["voxgate_log_lines_lost_total"] > 0)
  }
}
