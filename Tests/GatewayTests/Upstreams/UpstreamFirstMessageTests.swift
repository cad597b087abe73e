import JSON
import TestSupport
import Testing
@testable import WebSocket

/// Vendors who take the credential in the client's first message: the client's is taken out of it, the vendor's put in.
@Suite struct UpstreamFirstMessageTests {
  private static let key = "canary-vendor-key-77aa"

  private static func table(_ port: UInt16, handshake: String = "") -> String {
    AdmissionTable.head + """
      vendors:
        own.lmnt: {like: lmnt.speech, endpoint: {url: "ws://{host}/v1", variables: {host: "127.0.0.1:\(port)"}}}
        own.soniox: {like: soniox.stt, endpoint: {url: "ws://{host}/v1", variables: {host: "127.0.0.1:\(port)"}}}
      authentication:
        app: {type: jwt, secret: {env: JWT_SECRET}}
      upstreams:
        lmnt: {vendor: own.lmnt, credential: {env: VENDOR_KEY}}
        soniox: {vendor: own.soniox, credential: {env: VENDOR_KEY}}
      defaults: {authentication: [app]}
      routes:
        /lmnt: {upstream: lmnt\(handshake)}
        /soniox: {upstream: soniox}
        /open: {upstream: lmnt, authentication: none}

      """
  }

  private static let environment = ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": key]

  private func text(_ event: MessageEvent?) throws -> String {
    guard case .message(.text(let text)) = event else {
      Issue.record("\(String(describing: event)) is no text")
      return ""
    }
    return text
  }

  /// Admitted by the first message alone, which goes on with the vendor's key; what follows is as it came.
  @Test func theFirstMessageAdmits() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table(listener.port), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest("/lmnt"))
    #expect(client.status == 101)
    try client.send(.text(#"{"X-API-Key":"\#(token)","voice":"v"}"#))
    try client.send(.text(#"{ "text" : "as it came" }"#))
    let upstream = try UpstreamEnd(listener)
    #expect(!"\(upstream.asked.line) \(upstream.asked.headers)".contains(Self.key))
    let first = try text(upstream.next())
    #expect(try JSONValue.parse(first) == ["voice": "v", "X-API-Key": .string(Self.key)])
    #expect(try text(upstream.next()) == #"{ "text" : "as it came" }"#)
    // A third, when the lobby is left.
    try client.send(.text(#"{"X-API-Key":"later"}"#))
    #expect(try text(upstream.next()) == #"{"X-API-Key":"later"}"#)
    try upstream.send(.binary([1, 2, 3]))
    #expect(try client.next() == .message(.binary([1, 2, 3])))
    try upstream.close(1000, "bye")
    #expect(try client.close() == "1000 bye")
    let record = try gateway.logLine(with: #""event":"session""#)
    #expect(record.contains(#""messages_up":3"#) && record.contains(#""messages_down":1"#), "\(record)")
    #expect(!gateway.log.contains(token) && !gateway.log.contains(Self.key))
  }

  /// Known by the request: the 101 waits for the upstream as everywhere, and a key in the first message is none of the vendor's.
  @Test(arguments: [#"{"X-API-Key":"another","voice":"v"}"#, #"{"voice":"v"}"#])
  func knownByTheRequest(first: String) throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table(listener.port), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/lmnt", [("Authorization", "Bearer \(token)")]).text)
    let upstream = try UpstreamEnd(listener)
    let client = try AdmissionClient(connection)
    #expect(client.status == 101)
    try client.send(.text(first))
    #expect(try JSONValue.parse(text(upstream.next())) == ["voice": "v", "X-API-Key": .string(Self.key)])
    let dead = try AdmissionClient(gateway, UpgradeRequest("/lmnt", [("Authorization", "Bearer nonsense")]))
    #expect(dead.status == 401)
  }

  /// Soniox takes its key with the request; what the client's package puts into the first message must not be there as well.
  @Test func theVendorsKeyIsElsewhere() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table(listener.port), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest("/soniox"))
    try client.send(.text(#"{"api_key":"\#(token)","model":"m","audio_format":"pcm_s16le","sample_rate":16000,"num_channels":1}"#))
    let upstream = try UpstreamEnd(listener)
    #expect(upstream.asked["Authorization"] == ["Bearer \(Self.key)"])
    let first = try text(upstream.next())
    #expect(!first.contains("api_key") && !first.contains(token) && first.contains(#""model":"m""#))
    try client.send(.binary([UInt8](repeating: 0, count: 320)))
    #expect(try upstream.next() == .message(.binary([UInt8](repeating: 0, count: 320))))
  }

  static let refused: [(name: String, message: Message, close: String)] = [
    ("a wrong token", .text(#"{"X-API-Key":"nonsense","voice":"v"}"#), "1008 Invalid token"),
    ("none", .text(#"{"voice":"v"}"#), "1008 Authentication required"), ("no JSON", .text("hello"), "1008 Authentication required"),
    ("no text", .binary([1, 2]), "1008 Authentication required"),
    ("no text in its place", .text(#"{"X-API-Key":{"a":1}}"#), "1008 Authentication required"),
  ]

  @Test func whoIsNotKnownIsClosed() throws {
    let listener = try RawListener(listening: false)
    let gateway = try GatewayProcess(Self.table(listener.port), environment: Self.environment)
    for (name, message, close) in Self.refused {
      let client = try AdmissionClient(gateway, UpgradeRequest("/lmnt"))
      try client.send(message)
      #expect(try client.close() == close, "\(name)")
    }
    // Nobody was dialled.
    #expect(try gateway.metrics().samples.keys.filter { $0.hasPrefix("voxgate_upstream_dials_total") } == [])
    _ = try gateway.logLine(with: "WS_AUTH_FAILED_INVALID_TOKEN")
    _ = try gateway.logLine(with: "WS_AUTH_FAILED_NO_TOKEN")
  }

  /// Without a place for the vendor's key there is no session.
  @Test func aFirstMessageThatTakesNoKey() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table(listener.port), environment: Self.environment)
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/open").text)
    let upstream = try UpstreamEnd(listener)
    let client = try AdmissionClient(connection)
    try client.send(.binary([1]))
    #expect(try client.close() == "1008 The first message must be a JSON object")
    if case .close = try upstream.next() {} else { Issue.record("the upstream hears no Close") }
  }

  /// The upstream is gone before there is a first message.
  @Test func anUpstreamThatCannotBeOpened() throws {
    let listener = try RawListener(listening: false)
    let gateway = try GatewayProcess(Self.table(listener.port), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest("/lmnt"))
    try client.send(.text(#"{"X-API-Key":"\#(token)","voice":"v"}"#))
    #expect(try client.close() == "1011 Proxy error")
    let known = try AdmissionClient(gateway, UpgradeRequest("/lmnt", [("Authorization", "Bearer \(token)")]))
    try RefusalTests.check(known.answer, 502, "upstream_unreachable", "dead")
  }

  /// A handshake of the gateway's own comes before, and the vendor's first message after it.
  @Test func afterAHandshakeInside() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(
      Self.table(listener.port, handshake: ", handshake: {authenticate: required}"), environment: Self.environment)
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest("/lmnt"))
    try client.send(.text(#"{"type":"authenticate","token":"\#(token)"}"#))
    #expect(try text(client.next()).contains("auth_success"))
    let upstream = try UpstreamEnd(listener)
    try client.send(.text(#"{"voice":"v"}"#))
    #expect(try JSONValue.parse(text(upstream.next())) == ["voice": "v", "X-API-Key": .string(Self.key)])
    try client.send(.text(#"{"text":"more"}"#))
    #expect(try text(upstream.next()) == #"{"text":"more"}"#)
  }

  /// The vendors' simulators take the key in its place, and nothing else.
  @Test(arguments: [
    ("lmnt.speech", "X-API-Key", #""voice":"v""#),
    ("soniox.stt", "api_key", #""model":"stt-rt-v3","audio_format":"pcm_s16le","sample_rate":16000,"num_channels":1"#),
  ])
  func theSimulators(vendor: String, place: String, rest: String) throws {
    let table =
      AdmissionTable.head + """
        authentication:
          app: {type: jwt, secret: {env: JWT_SECRET}}
        upstreams:
          one: {vendor: \(vendor), credential: {env: K}}
        routes:
          /: {upstream: one, authentication: [app]}

        """
    let gateway = try GatewayProcess(
      table, environment: ["JWT_SECRET": RefusalTests.secret, "K": "k"], arguments: ["--simulate", "all"])
    let token = try AdmissionCredentialTests.token()
    let client = try AdmissionClient(gateway, UpgradeRequest("/"))
    try client.send(.text("{\"\(place)\":\"\(token)\",\(rest)}"))
    if vendor == "lmnt.speech" { #expect(try text(client.next()).contains("ready")) }
    try client.leave()
    let closed = try gateway.logLine(with: "WS_CONNECTION_CLOSED")
    #expect(closed.contains(#""code":1000"#), "\(gateway.log)")
    #expect(!gateway.log.contains(token))
  }
}
