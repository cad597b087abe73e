import Glibc
import JSON
import TestSupport
import Testing
@testable import WebSocket

/// Refusals because of the upstream, which the tests play themselves.
@Suite struct RefusalUpstreamTests {
  /// Text of an upstream that no client and no log may show.
  private static let canary = "canary-upstream-text"

  private static func table(_ upstream: String, route: String = "", more: String = "") -> String {
    AdmissionTable.head + """
      \(more)
      upstreams:
        home: {url: "\(upstream)", timeouts: {dial: 500ms}, circuit: off}
      defaults: {authentication: none}
      routes:
        /home: {upstream: home\(route)}

      """
  }

  /// What an upstream does with an opening, and what becomes of it.
  private static let misbehaviours: [(String, @Sendable (RawConnection, RawConnection.Head) throws -> Void, Int, String, String)] = [
    ("refuses the key", { upstream, _ in try upstream.send(answer("401 Unauthorized")) }, 502, "upstream_refused", "refused"),
    ("has no room", { upstream, _ in try upstream.send(answer("503 Service Unavailable")) }, 502, "upstream_refused", "refused"),
    ("answers plain HTTP", { upstream, _ in try upstream.send(answer("200 OK")) }, 502, "upstream_refused", "refused"),
    (
      "sends elsewhere", { upstream, _ in try upstream.send(answer("302 Found", "Location: ws://127.0.0.1:9/\r\n")) }, 502,
      "upstream_refused",
      "refused"
    ),
    ("hangs up", { upstream, _ in upstream.close() }, 502, "upstream_unreachable", "closed_early"),
    ("crashes", { upstream, _ in upstream.reset() }, 502, "upstream_unreachable", "closed_early"),
    (
      "speaks something else", { upstream, _ in try upstream.send("SSH-2.0-\(canary)\r\n\r\n") }, 502, "upstream_unreachable",
      "bad_handshake"
    ),
    (
      "accepts another key", { upstream, _ in try upstream.send(accept("AAAAAAAAAAAAAAAAAAAAAAAAAAA=")) }, 502, "upstream_unreachable",
      "bad_handshake"
    ),
    (
      "chooses what was not offered",
      { upstream, head in
        try upstream.send(accept(HandshakeKey.accept(head["Sec-WebSocket-Key"][0]), "Sec-WebSocket-Protocol: \(canary)\r\n"))
      },
      502, "upstream_unreachable", "bad_handshake"
    ),
    (
      "has an endless head",
      { upstream, _ in try upstream.send("HTTP/1.1 101 Switching Protocols\r\nX: " + String(repeating: "a", count: 40_000)) },
      502, "upstream_unreachable", "bad_handshake"
    ),
    ("says nothing", { _, _ in }, 504, "upstream_timeout", "timed_out"),
    ("says only half", { upstream, _ in try upstream.send("HTTP/1.1 101 Switching") }, 504, "upstream_timeout", "timed_out"),
  ]

  private static func answer(_ status: String, _ more: String = "") -> String {
    "HTTP/1.1 \(status)\r\n\(more)X-Reason: \(canary)\r\nContent-Length: \(canary.utf8.count)\r\n\r\n\(canary)"
  }

  private static func accept(_ key: String, _ more: String = "") -> String {
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(key)\r\n\(more)\r\n"
  }

  @Test func anUpstreamThatDoesNotOpen() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table("ws://127.0.0.1:\(listener.port)/v1"))
    for (name, act, status, type, reason) in Self.misbehaviours {
      let before = try gateway.metrics()
      let client = try RawConnection(port: gateway.port)
      try client.send(UpgradeRequest("/home").text)
      let upstream = try listener.accept()
      try act(upstream, upstream.head())
      let answer = try client.head()
      let session = try RefusalTests.check(answer, status, type, name)
      #expect(!"\(answer.headers) \(answer.text)".contains(Self.canary), "\(name)")

      let event = ["upstream_refused": "WS_UPSTREAM_REFUSED", "upstream_timeout": "WS_UPSTREAM_TIMEOUT"][type] ?? "WS_UPSTREAM_UNREACHABLE"
      let record = try gateway.record(event, session: session)
      #expect(record["upstream"] == "home" && record["ip"] == "127.0.0.xxx" && record["level"] == "error", "\(name)")
      if event == "WS_UPSTREAM_UNREACHABLE" { #expect(record["error"]?.stringValue?.hasPrefix(reason) == true, "\(name): \(record)") }
      let after = try gateway.metrics()
      let refusals = "voxgate_refusals_total{route=\"/home\",reason=\"\(type)\"}"
      let failures = "voxgate_upstream_dial_failures_total{upstream=\"home\",reason=\"\(reason)\"}"
      #expect(after[refusals] - before[refusals] == 1, "\(name)")
      #expect(after[failures] - before[failures] == 1, "\(name)")
    }
    #expect(!gateway.log.contains(Self.canary))
    let refused = gateway.log.split(separator: "\n").filter { $0.contains("WS_UPSTREAM_REFUSED") }
    #expect(refused.map { $0.contains(#""status":401"#) } == [true, false, false, false])
  }

  @Test func anUpstreamThatIsNotThere() throws {
    let port = try RawListener(listening: false)
    let gateway = try GatewayProcess(Self.table("ws://127.0.0.1:\(port.port)/v1"))
    let session = try RefusalTests.check(AdmissionClient(gateway, UpgradeRequest("/home")).answer, 502, "upstream_unreachable", "nobody")
    #expect(try gateway.record("WS_UPSTREAM_UNREACHABLE", session: session)["error"]?.stringValue?.hasPrefix("unreachable") == true)
  }

  @Test func anUpstreamWithoutTLSWhereItIsWanted() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table("wss://127.0.0.1:\(listener.port)/v1"))
    let client = try RawConnection(port: gateway.port)
    try client.send(UpgradeRequest("/home").text)
    let upstream = try listener.accept()
    _ = try upstream.take()
    try upstream.send(Self.answer("400 Bad Request"))
    let session = try RefusalTests.check(client.head(), 502, "upstream_unreachable", "plain text on a TLS port")
    #expect(try gateway.record("WS_UPSTREAM_UNREACHABLE", session: session)["error"]?.stringValue?.hasPrefix("tls") == true)
  }

  /// Without the vendor's key and without a simulator there is nothing to dial with.
  @Test func aRouteWithoutItsCredential() throws {
    let table =
      AdmissionTable.head + """
        upstreams:
          vendor: {vendor: deepgram.listen, credential: {env: KEY_THAT_IS_NOT_SET}, query: {defaults: {model: nova-3}}}
        defaults: {authentication: none}
        routes:
          /vendor: {upstream: vendor}

        """
    let gateway = try GatewayProcess(table, arguments: ["--simulate", "none"])
    let client = try AdmissionClient(gateway, UpgradeRequest("/vendor"))
    try RefusalTests.check(client.answer, 503, "misconfigured", "no key")
    #expect(!client.answer.text.contains("KEY_THAT_IS_NOT_SET"))
    #expect(try gateway.logLine(with: #""level":"error""#, #""route":"/vendor""#).contains("no credential"))
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/vendor\",reason=\"misconfigured\"}"] == 1)
  }

  /// A client that leaves while its upstream is dialled has not been refused; its place is free again.
  @Test(arguments: [false, true])
  func aClientThatLeavesWhileItWaits(crashes: Bool) throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(
      Self.table("ws://127.0.0.1:\(listener.port)/v1", route: ", tier: one", more: "tiers: {one: {concurrent: {ip: 1}}}")
        .replacing("500ms", with: "60s"))
    let first = try RawConnection(port: gateway.port)
    try first.send(UpgradeRequest("/home").text)
    let upstream = try listener.accept()
    _ = try upstream.head()
    #expect(try AdmissionClient(gateway, UpgradeRequest("/home")).status == 429)
    if crashes { first.reset() } else { first.close() }
    // The dial ends with its client.
    #expect(try upstream.takeRest() == [])
    var page = try gateway.metrics()
    while page["voxgate_handshakes_in_progress"] > 0 { page = try gateway.metrics() }
    #expect(page["voxgate_upstream_dial_failures_total{upstream=\"home\",reason=\"cancelled\"}"] == 1)
    #expect(page["voxgate_refusals_total{route=\"/home\",reason=\"upstream_unreachable\"}"] == 0)

    let second = try RawConnection(port: gateway.port)
    try second.send(UpgradeRequest("/home").text)
    let other = try listener.accept()
    try other.accept()
    #expect(try second.head().status == 101)
  }

  /// After a dial that failed the place is free again.
  @Test func aFailedDialHoldsNoPlace() throws {
    let nobody = try RawListener(listening: false)
    let gateway = try GatewayProcess(
      Self.table("ws://127.0.0.1:\(nobody.port)/v1", route: ", tier: one", more: "tiers: {one: {concurrent: {ip: 1}}}"))
    for _ in 0..<5 { #expect(try AdmissionClient(gateway, UpgradeRequest("/home")).status == 502) }
  }

  // MARK: Draining

  @Test func anInstanceThatShutsDown() throws {
    let table =
      AdmissionTable.head + """
        upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
        defaults: {authentication: none}
        drain: {grace: 120s}
        routes:
          /http: {upstream: vendor}
          /close: {upstream: vendor, refuse: close}

        """
    let gateway = try GatewayProcess(table, environment: ["K": "k"], arguments: ["--simulate", "all"])
    #expect(try gateway.get("/ready").status == 200)
    let session = try AdmissionClient(gateway, UpgradeRequest("/http"))
    kill(gateway.pid, SIGTERM)
    try gateway.waitForLog(#""message":"draining""#)

    let ready = try gateway.get("/ready")
    #expect(ready.status == 503 && ready.text == #"{"status":"draining"}"#)
    #expect(try gateway.get("/health").status == 200)
    let refused = try AdmissionClient(gateway, UpgradeRequest("/http"))
    let id = try RefusalTests.check(refused.answer, 503, "draining", "draining")
    #expect(refused.answer["Retry-After"] == ["1"])
    #expect(try gateway.record("WS_CONNECTION_BLOCKED_DRAINING", session: id)["ip"] == "127.0.0.xxx")
    let closed = try AdmissionClient(gateway, UpgradeRequest("/close"))
    #expect(closed.status == 101)
    #expect(try closed.close() == "1013 Shutting down, try again")
    let page = try gateway.metrics()
    #expect(page["voxgate_draining"] == 1)
    #expect(page["voxgate_refusals_total{route=\"/http\",reason=\"draining\"}"] == 1)

    // The open session goes on, and its end is the end of the process.
    try session.connection.send(FrameHeader.frame(opcode: .ping, payload: [1, 2, 3], maskKey: 7))
    #expect(try session.next() == .pong([1, 2, 3]))
    try session.leave()
    #expect(try gateway.stop() == 0)
  }

  // MARK: Room

  /// Two descriptors a session: beyond what the process may have, openings are refused and nothing breaks.
  @Test func aGatewayThatIsFull() throws {
    let listener = try RawListener()
    let cores = Int(sysconf(Int32(_SC_NPROCESSORS_CONF)))
    let gateway = try GatewayProcess(Self.table("ws://127.0.0.1:\(listener.port)/v1"), descriptors: 128 + 8 * cores)
    var sessions: [(RawConnection, RawConnection)] = []
    let room = Int(try gateway.logLine(with: #""message":"capacity""#).split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
    #expect(room >= 20)
    for index in 0..<room {
      let client = try RawConnection(port: gateway.port)
      try client.send(UpgradeRequest("/home").text)
      let upstream = try listener.accept()
      try upstream.accept()
      #expect(try client.head().status == 101, "session \(index)")
      sessions.append((client, upstream))
    }
    let refused = try AdmissionClient(gateway, UpgradeRequest("/home"))
    let session = try RefusalTests.check(refused.answer, 503, "over_capacity", "full")
    #expect(refused.answer["Retry-After"] == ["10"])
    let record = try gateway.record("WS_CONNECTION_BLOCKED_OVER_CAPACITY", session: session)
    #expect(record["currentConnections"] == .int(Int64(room)) && record["maxAllowed"] == .int(Int64(room)))
    #expect(try gateway.get("/health").status == 200)
  }
}
