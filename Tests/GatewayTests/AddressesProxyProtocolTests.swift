import JSON
import TestSupport
import Testing

/// PROXY headers at a real listener: who is believed, who is closed, and that what follows is served.
@Suite struct AddressesProxyProtocolTests {
  /// 127.0.0.2 and 10.0.0.0/8 are proxies.
  private static func table(_ mode: String, listener: String = "", settings: String = "") -> String {
    AdmissionTable.head.replacing(#""127.0.0.1:0"}]"#, with: #""127.0.0.1:0", proxy_protocol: \#(mode)\#(listener)}]"#) + """
      trusted_proxies: [127.0.0.2, 10.0.0.0/8]
      logging: {addresses: full}
      upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
      defaults: {authentication: none}
      routes: {/open: {upstream: vendor}, /off: {upstream: vendor, enabled: false}}
      \(settings)

      """
  }

  private func start(_ mode: String, listener: String = "", settings: String = "") throws -> GatewayProcess {
    try GatewayProcess(
      Self.table(mode, listener: listener, settings: settings), environment: ["K": "k"], arguments: ["--simulate", "all"])
  }

  private static let v1 = Array("PROXY TCP4 203.0.113.7 198.51.100.1 56324 443\r\n".utf8)
  private static let v2 = ProxyHeaderTests.v2(0x21, 0x21, ProxyHeaderTests.v6Body + ProxyHeaderTests.extras)
  private static let local = ProxyHeaderTests.v2(0x20, 0x00, [])

  /// Sends a header and a request that is refused, and returns the address in the log; nil when the connection ended unanswered.
  private func address(_ gateway: GatewayProcess, _ header: [UInt8], from peer: String, _ more: [(String, String)] = []) throws -> String? {
    let connection = try RawConnection(port: gateway.port, from: peer)
    // In one piece with the request: where the header ends, HTTP begins.
    try connection.send(header + Array(UpgradeRequest("/off", more).text.utf8))
    guard let first = try connection.take() else { return nil }
    let text = String(decoding: try first + connection.takeRest(), as: UTF8.self)
    let start = try #require(text.range(of: #""session":""#)?.upperBound, "\(text)")
    let session = String(text[start...].prefix { $0 != "\"" })
    return try gateway.record("WS_CONNECTION_BLOCKED_FEATURE_DISABLED", session: session)["ip"]?.stringValue
  }

  @Test(arguments: ["accept", "require"])
  func whoIsBelieved(mode: String) throws {
    let gateway = try start(mode)
    #expect(try address(gateway, Self.v1, from: "127.0.0.2") == "203.0.113.7")
    #expect(try address(gateway, Self.v2, from: "127.0.0.2") == "2001:db8::7")
    #expect(try address(gateway, Array("PROXY UNKNOWN\r\n".utf8), from: "127.0.0.2") == "127.0.0.2")
    #expect(try address(gateway, Self.local, from: "127.0.0.2") == "127.0.0.2")
    // What a client behind the announced address says of itself is not believed; what a proxy there says is.
    let claim = [("X-Forwarded-For", "198.51.100.99")]
    #expect(try address(gateway, Self.v1, from: "127.0.0.2", claim) == "203.0.113.7")
    #expect(try address(gateway, Array("PROXY TCP4 10.1.2.3 10.0.0.1 1 2\r\n".utf8), from: "127.0.0.2", claim) == "198.51.100.99")
    #expect(try address(gateway, Self.local, from: "127.0.0.2", claim) == "198.51.100.99")
    // Nobody else announces anything.
    for header in [Self.v1, Self.v2, Self.local, Array("PROXY rubbish\r\n".utf8)] {
      #expect(try address(gateway, header, from: "127.0.0.3") == nil)
    }
    #expect(try address(gateway, [], from: "127.0.0.2") == (mode == "accept" ? "127.0.0.2" : nil))
    #expect(try address(gateway, [], from: "127.0.0.3") == (mode == "accept" ? "127.0.0.3" : nil))
    for header in ["PROXY TCP4 203.0.113.7\r\n", "PROXY TCP9 203.0.113.7 1.2.3.4 1 2\r\n"] {
      #expect(try address(gateway, Array(header.utf8), from: "127.0.0.2") == nil)
    }
    let count = mode == "accept" ? 6.0 : 8
    #expect(try gateway.metrics()[#"voxgate_connections_rejected_total{listener="127.0.0.1:0",reason="proxy_header"}"#] == count)
    let record = try JSONValue.parse(Array(gateway.logLine(with: "WS_CONNECTION_BLOCKED_PROXY_HEADER", "127.0.0.3").utf8))
    #expect(record["ip"] == "127.0.0.3" && record["error"]?.stringValue?.hasPrefix("untrusted") == true)
    #expect(try gateway.metrics()[#"voxgate_connections_open{listener="127.0.0.1:0"}"#] == 0)
  }

  /// Byte by byte, and no byte of the session is lost that comes behind.
  @Test func inSingleBytes() throws {
    let gateway = try start("require")
    for header in [Self.v1, Self.v2, Self.local] {
      let connection = try RawConnection(port: gateway.port, from: "127.0.0.2")
      for byte in header + Array(UpgradeRequest("/open").text.utf8) { try connection.send([byte]) }
      let client = try AdmissionClient(connection)
      #expect(client.status == 101)
      try client.send(.binary(Array(repeating: 0, count: 640)))
      try client.leave()
    }
  }

  /// A header that does not end, and one whose length is too much, end the connection; the first in the time of the head.
  @Test func whatDoesNotEnd() throws {
    let gateway = try GatewayProcess(
      Self.table("accept", listener: ", proxy_protocol_size: 232B").replacing(
        "defaults: {authentication: none", with: "defaults: {authentication: none, timeouts: {head: 200ms}"),
      environment: ["K": "k"], arguments: ["--simulate", "all"])
    for start in ["P", "PROXY TCP4 203.0.113.7", "\r\n\r\n\0"] {
      let connection = try RawConnection(port: gateway.port, from: "127.0.0.2")
      try connection.send(start)
      try RefusalTests.check(connection.head(), 408, "head_timeout", start.debugDescription)
    }
    for header in [
      Array(("PROXY UNKNOWN " + String(repeating: "x", count: 200)).utf8), ProxyHeaderTests.v2(0x21, 0x11, [], length: 217),
      ProxyHeaderTests.v2(0x21, 0x11, [], length: 65_535),
    ] {
      let connection = try RawConnection(port: gateway.port, from: "127.0.0.2")
      try connection.send(header)
      #expect(try connection.takeRest() == [])
    }
    #expect(try address(gateway, ProxyHeaderTests.v2(0x21, 0x31, Array(repeating: 0, count: 216)), from: "127.0.0.2") == "127.0.0.2")
  }

  /// Networks, limits and the record of a session go by the announced address.
  @Test func theGuardsGoByIt() throws {
    let gateway = try GatewayProcess(
      AdmissionTable.head.replacing(#""127.0.0.1:0"}]"#, with: #""127.0.0.1:0", proxy_protocol: accept}]"#) + """
        trusted_proxies: [127.0.0.2]
        tiers: {one: {opens: {ip: 1/1h}}}
        upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
        defaults: {authentication: none, networks: {deny: [203.0.113.0/24]}}
        routes:
          /one: {upstream: vendor, tier: one}
          /house: {upstream: vendor, networks: {allow: [127.0.0.0/8, "2001:db8::/32"]}}
          /all: {upstream: vendor, networks: {deny: []}}

        """, environment: ["K": "k"], arguments: ["--simulate", "all"])
    func status(_ path: String, _ address: String?, from peer: String = "127.0.0.2") throws -> Int {
      let connection = try RawConnection(port: gateway.port, from: peer)
      if let address { try connection.send("PROXY TCP\(address.contains(":") ? 6 : 4) \(address) \(address) 1 2\r\n") }
      try connection.send(UpgradeRequest(path).text)
      let client = try AdmissionClient(connection)
      if client.status == 403 { try RefusalTests.check(client.answer, 403, "forbidden_network", path) }
      return client.status
    }
    #expect(try status("/one", "203.0.113.9") == 403)
    #expect(try status("/one", "198.51.100.1") == 101)
    #expect(try status("/one", "198.51.100.1") == 429)
    #expect(try status("/one", "198.51.100.2") == 101)
    #expect(try status("/one", "::ffff:198.51.100.2") == 429)
    #expect(try status("/one", nil, from: "127.0.0.9") == 101)
    // A list of the route replaces that of `defaults`; the other list stays.
    #expect(try status("/house", "2001:db8::1") == 101)
    #expect(try status("/house", nil, from: "127.0.0.9") == 101)
    #expect(try status("/house", "198.51.100.1") == 403)
    #expect(try status("/house", "203.0.113.9") == 403)
    #expect(try status("/all", "203.0.113.9") == 101)
    #expect(gateway.log.contains("WS_CONNECTION_BLOCKED_NETWORK"))
  }
}
