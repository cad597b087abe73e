import Glibc
import JSON
import TestSupport
import Testing
@testable import WebSocket

/// Upstreams of which some are in trouble; the tests play all of them.
@Suite struct UpstreamFailoverTests {
  /// Text of an upstream that no client and no log may show.
  static let canary = "canary-upstream-text"

  static func answer(_ status: String, _ more: String = "") -> String {
    "HTTP/1.1 \(status)\r\n\(more)X-Reason: \(canary)\r\nContent-Length: \(canary.utf8.count)\r\n\r\n\(canary)"
  }

  private static func table(_ first: String, _ second: UInt16, _ third: UInt16, _ more: String = "") -> String {
    AdmissionTable.head + """
      upstreams:
        home: {url: "\(first)", endpoints: [{url: "ws://127.0.0.1:\(second)/v1"}], fallbacks: [spare], timeouts: {dial: 6s}\(more)}
        spare: {url: "ws://127.0.0.1:\(third)/v1"}
      defaults: {authentication: none}
      routes:
        /home: {upstream: home}

      """
  }

  struct Trouble: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var scheme = "ws"
    var isListening = true
    /// What it does once it is dialled; nil for nothing at all.
    var act: (@Sendable (RawConnection) throws -> Void)?
    /// The label of the metric.
    let result: String

    static func says(_ status: String, _ more: String = "") -> Trouble {
      Trouble(
        testDescription: status,
        act: { connection in
          _ = try connection.head()
          try connection.send(answer(status, more))
        }, result: "refused")
    }
  }

  static let troubles = [
    Trouble(testDescription: "refuses the connection", isListening: false, result: "unreachable"),
    Trouble(testDescription: "accepts and never answers", result: "timed_out"),
    Trouble(testDescription: "hangs up", act: { $0.close() }, result: "closed_early"),
    Trouble(
      testDescription: "speaks no TLS", scheme: "wss",
      act: { connection in
        _ = try connection.take()
        try connection.send(answer("400 Bad Request"))
      }, result: "tls"),
    Trouble(testDescription: "speaks no HTTP", act: { try $0.send("SSH-2.0-\(canary)\r\n\r\n") }, result: "bad_handshake"),
    .says("429 Too Many Requests", "Retry-After: 30\r\n"), .says("401 Unauthorized"), .says("503 Service Unavailable"),
    .says("500 Internal Server Error"),
  ]

  /// The session goes to the next endpoint, within the dial's budget, and the client hears nothing of it.
  @Test(arguments: troubles)
  func aSessionGoesElsewhere(trouble: Trouble) throws {
    let (first, second, third) = (try RawListener(listening: trouble.isListening), try RawListener(), try RawListener())
    let gateway = try GatewayProcess(Self.table("\(trouble.scheme)://127.0.0.1:\(first.port)/v1", second.port, third.port))
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let kept = trouble.isListening ? try first.accept() : nil
    if let kept { try trouble.act?(kept) }
    let upstream = try UpstreamEnd(second)
    let client = try AdmissionClient(connection)
    #expect(client.status == 101)
    #expect(!"\(client.answer.headers) \(client.answer.text)".contains(Self.canary))
    // What the client says arrives once.
    try client.send(.text("hello"))
    #expect(try upstream.next() == .message(.text("hello")))
    let metrics = try gateway.metrics()
    let dials = "voxgate_upstream_dials_total{upstream=\"home\",endpoint="
    #expect(metrics["\(dials)\"127.0.0.1:\(first.port)\",result=\"\(trouble.result)\"}"] == 1)
    #expect(metrics["\(dials)\"127.0.0.1:\(second.port)\",result=\"open\"}"] == 1)
    #expect(metrics["voxgate_upstream_fallbacks_total{route=\"/home\",upstream=\"home\"}"] == 1)
    #expect(try gateway.logLine(with: "upstream not opened").contains(#""endpoint":"127.0.0.1:\#(first.port)""#))
    #expect(!gateway.log.contains(Self.canary))
    withExtendedLifetime(kept) {}
  }

  /// Where every endpoint is dead there are the fallbacks, and the record says where the session went.
  @Test func anotherUpstream() throws {
    let (first, second, third) = (try RawListener(listening: false), try RawListener(listening: false), try RawListener())
    let gateway = try GatewayProcess(Self.table("ws://127.0.0.1:\(first.port)/v1", second.port, third.port))
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let upstream = try UpstreamEnd(third)
    let client = try AdmissionClient(connection)
    #expect(client.status == 101)
    try upstream.close(1000)
    _ = try client.close()
    #expect(try gateway.logLine(with: #""event":"session""#).contains(#""upstream":"spare""#))
    #expect(try gateway.metrics()["voxgate_sessions_opened_total{route=\"/home\",upstream=\"spare\"}"] == 1)
  }

  /// The request itself is refused: asking elsewhere would only repeat it.
  @Test(arguments: ["400 Bad Request", "404 Not Found", "302 Found"])
  func aRefusedRequestIsNotRepeated(status: String) throws {
    let (first, second, third) = (try RawListener(), try RawListener(listening: false), try RawListener(listening: false))
    let gateway = try GatewayProcess(Self.table("ws://127.0.0.1:\(first.port)/v1", second.port, third.port))
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let kept = try first.accept()
    _ = try kept.head()
    try kept.send(Self.answer(status))
    try RefusalTests.check(try connection.head(), 502, "upstream_refused", status)
    #expect(!(try gateway.get("/metrics", port: gateway.adminPort).text.contains(":\(second.port)\"")))
  }

  @Test func nobodyIsLeft() throws {
    let dead = try (0..<3).map { _ in try RawListener(listening: false) }
    let gateway = try GatewayProcess(Self.table("ws://127.0.0.1:\(dead[0].port)/v1", dead[1].port, dead[2].port))
    let client = try AdmissionClient(gateway, UpgradeRequest("/home"))
    let session = try RefusalTests.check(client.answer, 502, "upstream_unreachable", "all dead")
    #expect(try gateway.record("WS_UPSTREAM_UNREACHABLE", session: session)["upstream"] == "spare")
  }

  // MARK: Circuits

  /// It opens, lets one session try after the rest, and closes when that one is open.
  @Test func anEndpointThatFailsIsLeftAlone() throws {
    let listener = try RawListener()
    let table =
      AdmissionTable.head + """
        upstreams:
          home: {url: "ws://127.0.0.1:\(listener.port)/v1", circuit: {failures: 2, rest: 4s}}
        defaults: {authentication: none}
        routes:
          /home: {upstream: home}

        """
    let gateway = try GatewayProcess(table)
    let circuit = "voxgate_upstream_circuit{upstream=\"home\",endpoint=\"127.0.0.1:\(listener.port)\"}"
    for _ in 0..<2 {
      let connection = try RawConnection(port: gateway.port)
      try connection.send(UpgradeRequest("/home").text)
      let upstream = try listener.accept()
      _ = try upstream.head()
      try upstream.send(Self.answer("503 Service Unavailable"))
      try RefusalTests.check(try connection.head(), 502, "upstream_refused", "fails")
    }
    #expect(try gateway.logLine(with: "circuit open").contains(#""level":"error""#))
    #expect(try gateway.metrics()[circuit] == 2)
    let refused = try AdmissionClient(gateway, UpgradeRequest("/home"))
    try RefusalTests.check(refused.answer, 503, "circuit_open", "open")
    #expect(["1", "2", "3", "4"].contains(refused.answer["Retry-After"].first))
    // A reload does not make it forget.
    #expect(try gateway.get("/reload", port: gateway.adminPort, method: "POST").status == 200)
    try RefusalTests.check(try AdmissionClient(gateway, UpgradeRequest("/home")).answer, 503, "circuit_open", "after a reload")
    #expect(try Self.upstreams(gateway).first?["state"] == "open")

    usleep(4_200_000)
    let trial = try RawConnection(port: gateway.port)
    try trial.send(UpgradeRequest("/home").text)
    let upstream = try listener.accept()
    // While it is tried the others are not let through.
    try RefusalTests.check(try AdmissionClient(gateway, UpgradeRequest("/home")).answer, 503, "circuit_open", "half open")
    #expect(try Self.upstreams(gateway).first?["state"] == "half_open")
    try upstream.accept()
    #expect(try AdmissionClient(trial).status == 101)
    #expect(try gateway.logLine(with: "circuit closed").contains(#""upstream":"home""#))
    #expect(try gateway.metrics()[circuit] == 0)
    #expect(try Self.upstreams(gateway).first?["state"] == "closed")
    let next = try RawConnection(port: gateway.port)
    try next.send(UpgradeRequest("/home").text)
    _ = try UpstreamEnd(listener)
    #expect(try AdmissionClient(next).status == 101)
  }

  /// With somewhere else to go, an open circuit costs a session nothing.
  @Test func anOpenCircuitIsPassedBy() throws {
    let (first, second) = (try RawListener(listening: false), try RawListener())
    let gateway = try GatewayProcess(
      Self.table("ws://127.0.0.1:\(first.port)/v1", second.port, second.port, ", circuit: {failures: 1, rest: 1h, longest_rest: 1h}"))
    for _ in 0..<3 {
      let connection = try RawConnection(port: gateway.port)
      try connection.send(UpgradeRequest("/home").text)
      _ = try UpstreamEnd(second)
      #expect(try AdmissionClient(connection).status == 101)
    }
    let dials = "voxgate_upstream_dials_total{upstream=\"home\",endpoint=\"127.0.0.1:\(first.port)\",result=\"unreachable\"}"
    #expect(try gateway.metrics()[dials] == 1)
  }

  /// A client that leaves while it is the trial leaves the trial to the next.
  @Test func aTrialWhoseClientLeaves() throws {
    let listener = try RawListener()
    let table =
      AdmissionTable.head + """
        upstreams:
          home: {url: "ws://127.0.0.1:\(listener.port)/v1", circuit: {failures: 1, rest: 100ms}, timeouts: {dial: 60s}}
        defaults: {authentication: none}
        routes:
          /home: {upstream: home}

        """
    let gateway = try GatewayProcess(table)
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let upstream = try listener.accept()
    _ = try upstream.head()
    upstream.close()
    _ = try connection.head()
    usleep(200_000)
    let trial = try RawConnection(port: gateway.port)
    try trial.send(UpgradeRequest("/home").text)
    let held = try listener.accept()
    trial.close()
    _ = try held.takeRest()
    let next = try RawConnection(port: gateway.port)
    try next.send(UpgradeRequest("/home").text)
    _ = try UpstreamEnd(listener)
    #expect(try AdmissionClient(next).status == 101)
  }

  static func upstreams(_ gateway: GatewayProcess) throws -> [JSONValue] {
    let page = try JSONValue.parse(gateway.get("/upstreams", port: gateway.adminPort).text)
    return page.objectValue?["upstreams"]?.arrayValue ?? []
  }
}

extension JSONValue {
  /// A member of an object; nil for none.
  subscript(name: String) -> JSONValue? { objectValue?[name] }
}
