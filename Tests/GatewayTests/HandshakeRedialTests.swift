import Glibc
import TestSupport
import Testing
import WebSocket

/// Each vendor of a socket after its first is one more session that somebody pays for.
@Suite struct HandshakeRedialTests {
  private let vendor: RawListener
  private let gateway: GatewayProcess

  init() throws {
    vendor = try RawListener()
    let table =
      AdmissionTable.head + AdmissionTable.vendor(port: vendor.port) + """
        authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
        tiers: {two: {opens: {ip: 2/1h}}}
        upstreams: {own: {vendor: test.vendor, credential: {env: VENDOR_KEY}}}
        defaults: {authentication: [app], timeouts: {ping_interval: off, authentication: 20s}}
        routes:
          /a: {upstream: own, handshake: {authenticate: required, connect: go}}
          /limited: {upstream: own, tier: two, handshake: {authenticate: required, connect: go}}

        """
    gateway = try GatewayProcess(table, environment: ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": "k"])
  }

  private func authenticate(_ client: AdmissionClient, subject: String = "alice", good seconds: Int = 600) throws {
    let token = try AdmissionCredentialTests.token([("sub", .string(subject)), ("exp", .int(Int64(time(nil) + seconds)))])
    try client.send(.text(#"{"type":"authenticate","token":"\#(token)"}"#))
    #expect(try client.next() == .message(.text(#"{"type":"auth_success","message":"Authentication successful"}"#)))
  }

  private func open(_ path: String, good seconds: Int = 600) throws -> AdmissionClient {
    let client = try AdmissionClient(gateway, UpgradeRequest(path))
    #expect(client.status == 101)
    try authenticate(client, good: seconds)
    return client
  }

  private static let go = Message.text(#"{"type":"go"}"#)

  /// A session with the vendor, to its end.
  private func talk(_ client: AdmissionClient) throws {
    try client.send(Self.go)
    let upstream = try UpstreamEnd(vendor)
    try upstream.close(1_000, "done")
    #expect(try client.next() == .message(.text(#"{"type":"realtime_disconnected"}"#)))
  }

  @Test func eachTakesAnOpening() throws {
    let client = try open("/limited")
    // The first belongs to the opening of the socket.
    for _ in 0..<2 { try talk(client) }
    try client.send(Self.go)
    #expect(try client.close() == "1013 Too many requests")
    _ = try gateway.logLine(with: "WS_CONNECTION_BLOCKED_RATE_LIMIT")
  }

  @Test func aRouteThatIsOff() throws {
    let client = try open("/a")
    try talk(client)
    try KillSwitchesPagesTests.put(gateway, "/routes/a/enabled", "false")
    try client.send(Self.go)
    #expect(try client.close() == "1013 Service disabled")
    _ = try gateway.logLine(with: "WS_CONNECTION_BLOCKED_FEATURE_DISABLED")
  }

  /// A token that was taken only because clocks differ is enough for the opening, and not for more.
  @Test func aTokenThatHasExpired() throws {
    let client = try open("/a", good: -5)
    try talk(client)
    // Nor does another's.
    try authenticate(client, subject: "bob")
    try client.send(Self.go)
    #expect(try client.close() == "1008 Invalid token")
    #expect(try gateway.logLine(with: "WS_AUTH_FAILED_INVALID_TOKEN").contains(#""error":"expired""#))
    let other = try open("/a", good: -5)
    try talk(other)
    try authenticate(other)
    try talk(other)
    try other.leave()
  }
}
