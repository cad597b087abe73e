import JSON
import TestSupport
import Testing
import WebSocket

/// W3C trace context through the gateway: in every line of the log, and to upstreams that may have it.
@Suite struct TraceTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let parent = "00f067aa0ba902b7"

  private static func table(_ upstream: UInt16) -> String {
    AdmissionTable.head + """
      authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
      upstreams:
        own: {url: "ws://127.0.0.1:\(upstream)", trace: on}
        foreign: {url: "ws://127.0.0.1:\(upstream)"}
        nowhere: {url: "ws://127.0.0.1:9", trace: on}
      defaults: {authentication: none}
      routes:
        /own: {upstream: own, headers: [traceparent, tracestate]}
        /foreign: {upstream: foreign}
        /nowhere: {upstream: nowhere}
        /closed: {upstream: own, authentication: [app]}
        /inside: {upstream: own, authentication: [app], handshake: {authenticate: required}}

      """
  }

  private func start(_ listener: RawListener) throws -> GatewayProcess {
    try GatewayProcess(Self.table(listener.port), environment: ["JWT_SECRET": RefusalTests.secret])
  }

  private static func sent(_ path: String) -> UpgradeRequest {
    UpgradeRequest(path, [("traceparent", "00-\(trace)-\(parent)-01"), ("tracestate", "congo=t61rcWkgMzE"), ("tracestate", "rojo=1")])
  }

  /// Opens a session, ends it, and returns what the upstream was asked.
  private func relay(_ gateway: GatewayProcess, _ listener: RawListener, _ request: UpgradeRequest) throws -> RawConnection.Head {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(request.text)
    let upstream = try UpstreamEnd(listener)
    let client = try AdmissionClient(connection)
    #expect(client.status == 101)
    try client.leave()
    return upstream.asked
  }

  @Test func goesOnWithAnotherParent() throws {
    let listener = try RawListener()
    let gateway = try start(listener)
    var parents: Set<String> = []
    for _ in 0..<2 {
      let asked = try relay(gateway, listener, Self.sent("/own"))
      let line = try #require(asked["traceparent"].first)
      #expect(asked["traceparent"].count == 1 && asked["tracestate"] == ["congo=t61rcWkgMzE,rojo=1"])
      let parts = line.split(separator: "-")
      #expect(parts.map(\.count) == [2, 32, 16, 2] && parts[0] == "00" && parts[1] == Self.trace && parts[3] == "01", "\(line)")
      #expect(parts[2] != Self.parent)
      parents.insert(String(parts[2]))
    }
    #expect(parents.count == 2)
  }

  @Test func beginsHere() throws {
    let listener = try RawListener()
    let gateway = try start(listener)
    let broken = Self.sent("/own").with("traceparent", "00-\(Self.trace)-\(Self.parent)")
    var traces: Set<String> = []
    for request in [UpgradeRequest("/own"), broken] {
      let asked = try relay(gateway, listener, request)
      let parts = try #require(asked["traceparent"].first).split(separator: "-")
      #expect(parts.map(\.count) == [2, 32, 16, 2] && parts[3] == "00" && parts[1] != Self.trace)
      #expect(asked["tracestate"] == [])
      let trace = String(parts[1])
      traces.insert(trace)
      #expect(try gateway.logLine(with: #""event":"session""#, trace).contains(#""trace":"\#(trace)""#))
    }
    #expect(traces.count == 2)
  }

  @Test func staysHereUnlessAllowed() throws {
    let listener = try RawListener()
    let gateway = try start(listener)
    let asked = try relay(gateway, listener, Self.sent("/foreign"))
    #expect(asked["traceparent"] == [] && asked["tracestate"] == [])
    _ = try gateway.logLine(with: #""event":"session""#, #""trace":"\#(Self.trace)""#)
  }

  /// A browser names its trace in the query.
  @Test func isNamedOtherwise() throws {
    let listener = try RawListener()
    let gateway = try start(listener)
    let asked = try relay(gateway, listener, UpgradeRequest("/own?traceId=4BF92F35-77B3-4DA6-A3CE-929D0E0E4736"))
    #expect(asked["traceparent"].first?.contains("-\(Self.trace)-") == true)
    let line = try gateway.logLine(with: #""event":"session""#, #""trace":"\#(Self.trace)""#)
    #expect(!line.contains("trace_alias"))
    _ = try relay(gateway, listener, UpgradeRequest("/own", [("X-Trace-Id", "order-17")]))
    let other = try gateway.logLine(with: #""event":"session""#, #""trace_alias":"order-17""#)
    #expect(other.contains(#""trace":""#))
  }

  /// Every line about an opening says which trace it belongs to: sessions, refusals, and what happens inside a socket.
  @Test func isInEveryLine() throws {
    let listener = try RawListener()
    let gateway = try start(listener)
    _ = try relay(gateway, listener, Self.sent("/own"))
    for (path, status) in [("/closed", 401), ("/nowhere", 502), ("/closed?token=x.y.z", 401)] {
      #expect(try AdmissionClient(gateway, Self.sent(path)).status == status)
    }
    let stranger = try AdmissionClient(gateway, Self.sent("/inside"))
    try stranger.send(.text(#"{"type":"authenticate"}"#))
    try stranger.send(.text(#"{"type":"authenticate","token":"x.y.z"}"#))
    #expect(try stranger.close() == "4003 Authentication failed")
    let ends = ["WS_CONNECTION_CLOSED", "WS_AUTH_FAILED_NO_TOKEN", "WS_AUTH_FAILED_INVALID_TOKEN", "WS_UPSTREAM_UNREACHABLE"]
    for event in ends { _ = try gateway.logLine(with: event) }
    // What was refused has a record like any other.
    for (route, cause) in [("/closed", "unauthorized"), ("/nowhere", "upstream_unreachable")] {
      let line = try gateway.logLine(with: #""event":"session""#, #""route":"\#(route)""#, #""outcome":"refused""#)
      #expect(line.contains(#""cause":"\#(cause)""#) && line.contains(#""ip":"127.0.0.xxx""#), "\(line)")
    }
    try gateway.stop()
    let lines = gateway.log.split(separator: "\n").filter { $0.contains(#""session":""#) }
    #expect(lines.count >= 10)
    for line in lines { #expect(line.contains(#""trace":"\#(Self.trace)""#), "\(line)") }
  }
}
