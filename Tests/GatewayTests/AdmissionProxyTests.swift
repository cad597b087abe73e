import JSON
import TestSupport
import Testing

/// Who the client is when proxies stand before the gateway.
@Suite struct AdmissionProxyTests {
  /// 127.0.0.2 and 127.0.1.0/24 are proxies; 127.0.0.1 is not.
  private static func table(_ more: String = "") -> String {
    AdmissionTable.head + """
      trusted_proxies: [127.0.0.2, 127.0.1.0/24, 10.0.0.0/8]
      tiers: {one: {opens: {ip: 1/1h}}}
      upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
      defaults: {authentication: none, tier: one}
      routes: {/one: {upstream: vendor}, /off: {upstream: vendor, enabled: false}}
      \(more)

      """
  }

  private func start(_ more: String = "") throws -> GatewayProcess {
    try GatewayProcess(Self.table(more), environment: ["K": "k"], arguments: ["--simulate", "all"])
  }

  /// The address that a refusal is logged under.
  private func address(_ gateway: GatewayProcess, from peer: String, _ headers: [(String, String)]) throws -> String? {
    let answer = try AdmissionClient(gateway, UpgradeRequest("/off", headers), from: peer).answer
    let session = try RefusalTests.check(answer, 503, "disabled", "\(headers)")
    return try gateway.record("WS_CONNECTION_BLOCKED_FEATURE_DISABLED", session: session)["ip"]?.stringValue
  }

  @Test func whoIsBelieved() throws {
    let gateway = try start("logging: {addresses: full}")
    let rows: [(String, [(String, String)], String)] = [
      ("127.0.0.2", [], "127.0.0.2"),
      ("127.0.0.2", [("X-Forwarded-For", "203.0.113.7")], "203.0.113.7"),
      ("127.0.1.77", [("X-Forwarded-For", "203.0.113.7")], "203.0.113.7"),
      ("127.0.0.2", [("X-Real-IP", "203.0.113.7")], "203.0.113.7"), ("127.0.0.2", [("Forwarded", "for=203.0.113.7")], "203.0.113.7"),
      ("127.0.0.2", [("Forwarded", #"for="[2001:db8::7]:4711";proto=https"#)], "2001:db8::7"),
      ("127.0.0.2", [("X-Forwarded-For", "2001:db8::7")], "2001:db8::7"),
      // From right to left, as far as each hop is a proxy of ours.
      ("127.0.0.2", [("X-Forwarded-For", "198.51.100.1, 203.0.113.7")], "203.0.113.7"),
      ("127.0.0.2", [("X-Forwarded-For", "198.51.100.1, 203.0.113.7, 10.1.2.3")], "203.0.113.7"),
      ("127.0.0.2", [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.7, 10.1.2.3")], "203.0.113.7"),
      ("127.0.0.2", [("Forwarded", "for=198.51.100.1, for=203.0.113.7;by=10.0.0.1, for=10.1.2.3")], "203.0.113.7"),
      ("127.0.0.2", [("X-Forwarded-For", "10.9.9.9, 10.1.2.3")], "10.9.9.9"),
      ("127.0.0.2", [("X-Forwarded-For", "rubbish, 203.0.113.7")], "203.0.113.7"),
      ("127.0.0.2", [("X-Forwarded-For", "203.0.113.7"), ("X-Real-IP", "203.0.113.7")], "203.0.113.7"),
      // Anybody else may say what it likes.
      ("127.0.0.1", [("X-Forwarded-For", "203.0.113.7")], "127.0.0.1"), ("127.0.0.1", [("X-Real-IP", "203.0.113.7")], "127.0.0.1"),
      ("127.0.0.1", [("Forwarded", "for=203.0.113.7")], "127.0.0.1"), ("127.0.0.3", [("X-Forwarded-For", "127.0.0.2")], "127.0.0.3"),
    ]
    for (peer, headers, expected) in rows {
      #expect(try address(gateway, from: peer, headers) == expected, "\(peer) \(headers)")
    }
  }

  /// Whoever could make the gateway take it for its proxy would have the proxy's limits, and its networks.
  @Test func nobodyIsTheProxy() throws {
    let gateway = try start("logging: {addresses: full}")
    let rows: [([(String, String)], String)] = [
      ([("X-Forwarded-For", "203.0.113.7, rubbish")], "malformed"), ([("X-Forwarded-For", "203.0.113.7, unknown, 10.1.2.3")], "malformed"),
      ([("Forwarded", #"for="203.0.113.7"#)], "malformed"), ([("Forwarded", "for=_hidden")], "malformed"),
      ([("X-Real-IP", "rubbish")], "malformed"),
      // Two headers that disagree: one of them is the client's own.
      ([("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=198.51.100.1")], "disagreement"),
      ([("X-Forwarded-For", "203.0.113.7"), ("X-Real-IP", "198.51.100.1")], "disagreement"),
    ]
    for (headers, error) in rows {
      let answer = try AdmissionClient(gateway, UpgradeRequest("/one", headers), from: "127.0.0.2").answer
      try RefusalTests.check(answer, 400, "bad_request", "\(headers)")
      #expect(answer.text.contains(error), "\(answer.text)")
    }
    let record = try JSONValue.parse(Array(gateway.logLine(with: "WS_CONNECTION_BLOCKED_FORWARDING", "disagreement").utf8))
    #expect(record["ip"] == "127.0.0.2" && record["level"] == "warning")
    // From anybody else they say nothing, right or wrong.
    #expect(try AdmissionClient(gateway, UpgradeRequest("/one", rows[0].0), from: "127.0.0.3").status == 101)
  }

  @Test func addressesAreMasked() throws {
    let gateway = try start()
    #expect(try address(gateway, from: "127.0.0.2", [("X-Forwarded-For", "203.0.113.7")]) == "203.0.113.xxx")
    #expect(try address(gateway, from: "127.0.0.2", [("X-Forwarded-For", "2001:db8::1:2")])?.hasSuffix("xxxx:xxxx") == true)
    #expect(try address(gateway, from: "127.0.0.2", [("X-Forwarded-For", "::ffff:203.0.113.7")]) == "203.0.113.xxx")
    #expect(!gateway.log.contains("203.0.113.7") && !gateway.log.contains("127.0.0.2"))
  }

  /// Two clients behind one proxy have a window each; IPv6 clients share that of their network.
  @Test func limitsFollowTheClient() throws {
    let gateway = try start()
    func status(_ peer: String, _ client: String?) throws -> Int {
      try AdmissionClient(gateway, UpgradeRequest("/one", client.map { [("X-Forwarded-For", $0)] } ?? []), from: peer).status
    }
    #expect(try status("127.0.0.2", "203.0.113.7") == 101)
    #expect(try status("127.0.0.2", "203.0.113.8") == 101)
    #expect(try status("127.0.0.2", "203.0.113.7") == 429)
    // Another proxy, and one more on the way, change nothing.
    #expect(try status("127.0.1.1", "203.0.113.8") == 429)
    #expect(try status("127.0.1.1", "203.0.113.8, 10.0.0.1") == 429)
    // Nor does what the client itself put in front.
    #expect(try status("127.0.0.2", "1.2.3.4, 203.0.113.7") == 429)
    #expect(try status("127.0.0.2", "2001:db8:1:2::1") == 101)
    #expect(try status("127.0.0.2", "2001:db8:1:2:ffff::9") == 429)
    #expect(try status("127.0.0.2", "2001:db8:1:3::1") == 101)
    // An address of its own is not made by a header.
    #expect(try status("127.0.0.1", "203.0.113.50") == 101)
    #expect(try status("127.0.0.1", "203.0.113.51") == 429)
    #expect(try status("127.0.0.1", nil) == 429)
    // The client that was claimed still has its window.
    #expect(try status("127.0.0.2", "203.0.113.50") == 101)
  }
}
