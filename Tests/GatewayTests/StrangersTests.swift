import Glibc
import JSON
import TestSupport
import Testing

/// What clients without a credential can hold, and that they give it back.
@Suite struct StrangersTests {
  private static func table(_ handshakes: String, head: String = "60s", listener: String = "", more: String = "") -> String {
    AdmissionTable.head.replacing(#""127.0.0.1:0"}]"#, with: #""127.0.0.1:0"\#(listener)}]"#) + """
      handshakes: {\(handshakes)}
      authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
      upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
      defaults: {timeouts: {head: \(head), tls: \(head)}}
      routes:
        /open: {upstream: vendor, authentication: none}
        /token: {upstream: vendor, authentication: [app]}
        /inside: {upstream: vendor, authentication: [app], handshake: {authenticate: required}}
      \(more)

      """
  }

  private static func start(_ table: String) throws -> GatewayProcess {
    try GatewayProcess(table, environment: ["JWT_SECRET": RefusalTests.secret, "K": "k"], arguments: ["--simulate", "all"])
  }

  private static func open(_ gateway: GatewayProcess) throws -> Double {
    try gateway.metrics()[#"voxgate_connections_open{listener="127.0.0.1:0"}"#]
  }

  private static func rejected(_ gateway: GatewayProcess, _ reason: String) throws -> Double {
    try gateway.metrics()["voxgate_connections_rejected_total{listener=\"127.0.0.1:0\",reason=\"\(reason)\"}"]
  }

  /// Waits until so many strangers are there.
  private static func wait(_ gateway: GatewayProcess, open count: Double) throws {
    for _ in 0..<1_500 {
      if try open(gateway) == count { return }
      usleep(20_000)
    }
    Issue.record("\(try open(gateway)) strangers, not \(count)")
  }

  /// Five hundred of three kinds: all are counted, none is answered before its time, and every place is given back.
  @Test func fiveHundred() throws {
    let gateway = try Self.start(Self.table("per_address: 300, total: 500"))
    let session = try AdmissionClient(gateway, UpgradeRequest("/open"), from: "127.0.0.9")
    #expect(session.status == 101)
    var strangers: [RawConnection] = []
    for index in 0..<500 {
      let stranger = try RawConnection(port: gateway.port, from: index % 2 == 0 ? "127.0.0.3" : "127.0.0.4")
      if index % 2 == 1 { try stranger.send("GET /token HTTP/1.1\r\nHost: half") }
      strangers.append(stranger)
    }
    try Self.wait(gateway, open: 500)
    // The next is closed, without a word and without a reset.
    for text in ["", UpgradeRequest("/open").text] {
      let late = try RawConnection(port: gateway.port, from: "127.0.0.5")
      try? late.send(text)
      #expect(try late.takeRest() == [])
    }
    #expect(try Self.rejected(gateway, "handshake_limit") == 2)
    // Who is in is not disturbed, and the operator gets in.
    try session.send(.binary(Array(repeating: 0, count: 640)))
    // Half of them finish their head, without a credential: they are told.
    for stranger in strangers.enumerated().filter({ $0.offset % 2 == 1 }).map(\.element) {
      try stranger.send(UpgradeRequest("/token").text.dropFirst("GET /token HTTP/1.1\r\nHost: v".utf8.count).description)
      let head = try stranger.head()
      #expect(head.status == 401, "\(head.line)")
      stranger.close()
    }
    try Self.wait(gateway, open: 250)
    for stranger in strangers { stranger.close() }
    try Self.wait(gateway, open: 0)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/open"), from: "127.0.0.5").status == 101)
    try session.leave()
    // Of those that were closed unanswered a few are logged.
    let lines = gateway.log.split(separator: "\n").filter { $0.contains("WS_CONNECTION_BLOCKED_HANDSHAKE_LIMIT") }
    #expect((1...2).contains(lines.count))
    let record = try JSONValue.parse(Array(lines[0].utf8))
    #expect(record["ip"] == "127.0.0.xxx" && record["currentConnections"] == 500 && record["maxAllowed"] == 500)
  }

  /// One address has its own share; others are not kept out by it. Sessions hold none.
  @Test func perAddress() throws {
    let gateway = try Self.start(Self.table("per_address: 3, total: 100"))
    var strangers = try (0..<3).map { _ in try RawConnection(port: gateway.port, from: "127.0.0.3") }
    try Self.wait(gateway, open: 3)
    for _ in 0..<20 { #expect(try RawConnection(port: gateway.port, from: "127.0.0.3").takeRest() == []) }
    #expect(try Self.rejected(gateway, "handshake_limit") == 20)
    // A second has ten lines at most.
    #expect((1...20).contains(gateway.log.split(separator: "\n").filter { $0.contains("BLOCKED_HANDSHAKE_LIMIT") }.count))
    var sessions: [AdmissionClient] = []
    for _ in 0..<8 {
      let client = try AdmissionClient(gateway, UpgradeRequest("/open"), from: "127.0.0.4")
      #expect(client.status == 101)
      sessions.append(client)
    }
    strangers.removeFirst().close()
    try Self.wait(gateway, open: 2)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/open"), from: "127.0.0.3").status == 101)
    for client in sessions { try client.leave() }
  }

  /// Behind a proxy everybody comes from one address: counted is who the proxy says, as soon as it has said it.
  @Test func behindAProxy() throws {
    let gateway = try Self.start(
      Self.table("per_address: 2, total: 100", listener: ", proxy_protocol: accept", more: "trusted_proxies: [127.0.0.2]"))
    func announced(_ address: String) throws -> RawConnection {
      let connection = try RawConnection(port: gateway.port, from: "127.0.0.2")
      try connection.send("PROXY TCP4 \(address) 192.0.2.1 1 2\r\n")
      return connection
    }
    let silent = try (0..<6).map { _ in try RawConnection(port: gateway.port, from: "127.0.0.2") }
    try Self.wait(gateway, open: 6)
    let first = try [announced("203.0.113.7"), announced("203.0.113.7")]
    try Self.wait(gateway, open: 8)
    // The third of that client ends when it is announced; those of another client do not.
    #expect(try announced("203.0.113.7").takeRest() == [])
    let other = try announced("203.0.113.8")
    try other.send(UpgradeRequest("/open").text)
    #expect(try AdmissionClient(other).status == 101)
    // By header it is told, because there is somebody to tell.
    let request = UpgradeRequest("/open", [("X-Forwarded-For", "203.0.113.7")])
    let told = try AdmissionClient(gateway, request, from: "127.0.0.2")
    #expect(told.status == 429 && told.answer["Retry-After"] == ["1"])
    first[0].close()
    try Self.wait(gateway, open: 7)
    #expect(try AdmissionClient(gateway, request, from: "127.0.0.2").status == 101)
    for connection in silent + first { connection.close() }
    try Self.wait(gateway, open: 0)
  }

  /// A proxy that does not say who its clients are is counted as one of them, once it has asked.
  @Test func aProxyThatSaysNothing() throws {
    let gateway = try Self.start(Self.table("per_address: 2, total: 100", more: "trusted_proxies: [127.0.0.2]"))
    let clients = try (0..<2).map { _ in try AdmissionClient(gateway, UpgradeRequest("/inside"), from: "127.0.0.2") }
    #expect(clients.allSatisfy { $0.status == 101 })
    #expect(try AdmissionClient(gateway, UpgradeRequest("/inside"), from: "127.0.0.2").status == 429)
    let told = UpgradeRequest("/inside", [("X-Forwarded-For", "203.0.113.7")])
    #expect(try AdmissionClient(gateway, told, from: "127.0.0.2").status == 101)
    for client in clients { client.connection.close() }
  }

  /// So many bytes and no more, plain or encrypted, before the head or behind it.
  @Test func soManyBytes() throws {
    let gateway = try Self.start(Self.table("bytes: 8KiB"))
    let room = 8 << 10
    let text = UpgradeRequest("/token", [("X", "")]).text
    let fits = UpgradeRequest("/token", [("X", String(repeating: "a", count: room - text.utf8.count))])
    try RefusalTests.check(AdmissionClient(gateway, fits).answer, 401, "unauthorized", "as much as may be")
    let over = UpgradeRequest("/token", [("X", String(repeating: "a", count: room - text.utf8.count + 1))])
    try RefusalTests.check(AdmissionClient(gateway, over).answer, 431, "head_too_large", "one byte more")
    // Whoever goes on sending after its answer is cut off.
    let endless = try RawConnection(port: gateway.port)
    #expect(throws: (any Error).self) {
      for _ in 0..<4_096 { try endless.send(Array(repeating: 0x61, count: 4_096)) }
    }
    try Self.wait(gateway, open: 0)
  }

  /// Guessing: so many wrong credentials of an address, then not even a good one is looked at.
  @Test(arguments: [("failures: 2/1h", 2), ("failures: {rate: 100/1h, burst: 3}", 3), ("failures: off", nil)] as [(String, Int?)])
  func wrongCredentials(_ setting: String, _ most: Int?) throws {
    let gateway = try Self.start(Self.table("total: 100", more: setting))
    func status(_ token: String, from address: String = "127.0.0.3") throws -> Int {
      try AdmissionClient(gateway, UpgradeRequest("/token", [("Authorization", "Bearer \(token)")]), from: address).status
    }
    for _ in 0..<(most ?? 30) { #expect(try status("wrong") == 401) }
    #expect(try status("wrong") == (most == nil ? 401 : 429))
    #expect(try status("wrong", from: "127.0.0.4") == 401)
    #expect(gateway.log.contains("WS_AUTH_BLOCKED_RATE_LIMIT") == (most != nil))
  }

  /// Nobody holds a place longer than its time, even who never reads and never ends.
  @Test func soLong() throws {
    let own = CertificateFolder.shared
    for listener in ["", ", tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key"))}"] {
      let gateway = try Self.start(Self.table("total: 100", head: "300ms", listener: listener))
      let strangers = try (0..<20).map { _ in try RawConnection(port: gateway.port) }
      for stranger in strangers.dropFirst(10) { try stranger.send("\u{16}\u{3}\u{1}") }
      try Self.wait(gateway, open: 0)
      if !listener.isEmpty { #expect(try Self.rejected(gateway, "tls_timeout") == 20) }
      for stranger in strangers { stranger.close() }
    }
  }
}
