import TestSupport
import Testing
import Tokens
import WebSocket

/// Routes whose handshake is inside the socket, from the client's first byte to the vendor's last: rows N5 to N17 and R2
/// to R6 of Docs/Compatibility.md.
@Suite struct HandshakeInsideTests {
  private static let vendorKey = "canary-vendor-key-0123456789"

  private let vendor: RawListener
  private let gateway: GatewayProcess

  init() throws {
    vendor = try RawListener()
    let table =
      AdmissionTable.head + AdmissionTable.vendor(port: vendor.port) + """
        authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
        drain: {grace: 0s, spread: 0s}
        tiers: {one: {concurrent: {subject: 1}}}
        upstreams:
          own: {vendor: test.vendor, credential: {env: VENDOR_KEY}}
          nobody: {url: "ws://127.0.0.1:\(try RawListener(listening: false).port)/"}
        defaults: {authentication: [app], timeouts: {ping_interval: off, authentication: 20s}}
        routes:
          /realtime:
            upstream: own
            tier: one
            handshake:
              authenticate: required
              connect: connect_realtime
              name: OpenAI
              early: 6
              opening:
                - type: session.update
                  session: {modalities: [text, audio], voice: alloy, temperature: 0.7, turn_detection: {type: server_vad}}
              replies: {input_audio_buffer.speech_stopped: {type: response.create}}
          /hasty: {upstream: own, handshake: {authenticate: required, connect: connect_realtime}, timeouts: {authentication: 100ms}}
          /free: {upstream: own, authentication: none, handshake: {authenticate: optional, connect: connect_realtime, name: OpenAI}}
          /down: {upstream: nobody, authentication: none, handshake: {connect: connect_realtime, name: OpenAI}}
          /token: {upstream: own, handshake: {authenticate: required}}
          /openai-realtime:
            upstream: own
            authentication: none
            handshake: {connect: session.create, forward_connect: true, name: OpenAI}
          /gone: {upstream: nobody, authentication: none, handshake: {connect: session.create, name: OpenAI}}
          /opened: {upstream: own, authentication: none, handshake: {opening: ['{"type":"session.update","session":{}}']}}

        """
    gateway = try GatewayProcess(table, environment: ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": Self.vendorKey])
  }

  // MARK: Conversations

  private func open(_ path: String, _ headers: [(String, String)] = []) throws -> AdmissionClient {
    let client = try AdmissionClient(gateway, UpgradeRequest(path, headers))
    #expect(client.status == 101, "\(client.answer.line)")
    return client
  }

  private static func authenticate(_ token: String) -> String { #"{"type":"authenticate","token":"\#(token)"}"# }
  private static let success = #"{"type":"auth_success","message":"Authentication successful"}"#
  private static let connect = #"{"type":"connect_realtime"}"#
  private static let opening =
    #"{"type":"session.update","session":{"modalities":["text","audio"],"voice":"alloy","temperature":0.7,"turn_detection":{"type":"server_vad"}}}"#
  private static let disconnected = #"{"type":"realtime_disconnected"}"#

  /// Says something and expects an answer.
  private func say(_ text: String, to client: AdmissionClient, _ answer: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try client.send(.text(text))
    try hear(answer, client, sourceLocation: sourceLocation)
  }

  private func hear(_ text: String, _ client: AdmissionClient, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let event = try client.next()
    #expect(event == .message(.text(text)), "\(String(describing: event))", sourceLocation: sourceLocation)
  }

  private func known(subject: String = "alice") throws -> AdmissionClient {
    let client = try open("/realtime")
    try say(Self.authenticate(AdmissionCredentialTests.token([("sub", .string(subject))])), to: client, Self.success)
    return client
  }

  /// The value of a metric once it is what it should be, or at last.
  private func metric(_ name: String, becomes value: Double) throws -> Double? {
    var found: Double?
    for _ in 0..<500 {
      found = try gateway.metrics()[name]
      if found == value { break }
    }
    return found
  }

  // MARK: A3

  @Test func silence() throws {
    let client = try open("/hasty")
    #expect(try client.close() == "4001 Authentication timeout")
    try client.leave()
    #expect(try gateway.logLine(with: "WS_CONNECTION_AUTH_TIMEOUT").contains(#""ip":"127.0.0.xxx""#))
    #expect(try gateway.logLine(with: "WS_CONNECTION_CLOSED").contains(#""code":4001"#))
  }

  @Test func wholeSession() throws {
    let client = try known()
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"alice""#))
    try client.send(.text(Self.connect))
    let upstream = try UpstreamEnd(vendor)
    #expect(upstream.asked["Authorization"] == ["Bearer \(Self.vendorKey)"])
    #expect(try upstream.next() == .message(.text(Self.opening)))
    // N14 and N16.
    try client.send(.text(#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#))
    #expect(try upstream.next() == .message(.text(#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#)))
    try upstream.send(.text(#"{"type":"input_audio_buffer.speech_stopped"}"#))
    try hear(#"{"type":"input_audio_buffer.speech_stopped"}"#, client)
    #expect(try upstream.next() == .message(.text(#"{"type":"response.create"}"#)))
    // N13: the first one goes on.
    try say(Self.connect, to: client, #"{"type":"error","error":"Already connected"}"#)
    try upstream.send(.text("{}"))
    try hear("{}", client)
    // N15.
    try upstream.close(1_000, "vendor is done")
    try hear(Self.disconnected, client)
    #expect(try upstream.next() == .close(ClosePayload(code: .normal, reason: "vendor is done")))
    try client.send(.text(#"{"type":"response.create"}"#))
    try client.send(.text(Self.connect))
    let second = try UpstreamEnd(vendor)
    #expect(try second.next() == .message(.text(Self.opening)))
    second.connection.reset()
    try hear(#"{"type":"error","error":"OpenAI connection error"}"#, client)
    try hear(Self.disconnected, client)
    try client.send(.text(Self.connect))
    let third = try UpstreamEnd(vendor)
    #expect(try third.next() == .message(.text(Self.opening)))
    // N17.
    try client.connection.send(FrameHeader.frame(opcode: .close, payload: ClosePayload.encode(code: .normal), maskKey: 1))
    #expect(try third.next() == .close(ClosePayload(code: .normal)))
    try third.close(1_000)
    #expect(try client.close() == "1000 ")
    // One session for the three.
    #expect(try metric("voxgate_sessions_open{route=\"/realtime\"}", becomes: 0) == 0)
    #expect(try gateway.metrics()["voxgate_sessions_opened_total{route=\"/realtime\",upstream=\"own\"}"] == 1)
    #expect(!gateway.log.contains(Self.vendorKey))
  }

  @Test func wrongTokens() throws {
    for token in ["x.y.z", try AdmissionCredentialTests.token(secret: "another-secret-0123456789-0123456789")] {
      let client = try open("/realtime")
      try say(Self.authenticate(token), to: client, #"{"type":"auth_error","error":"Invalid token"}"#)
      #expect(try client.close() == "4003 Authentication failed")
      try client.leave()
      #expect(!gateway.log.contains(token))
    }
    _ = try gateway.logLine(with: "WS_AUTH_FAILED_INVALID_TOKEN")
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/realtime\",reason=\"unauthorized\"}"] == 2)
  }

  @Test func beforeTheToken() throws {
    let client = try open("/realtime")
    try say(#"{"type":"authenticate"}"#, to: client, #"{"type":"auth_error","error":"Token required"}"#)
    _ = try gateway.logLine(with: "WS_AUTH_FAILED_NO_TOKEN")
    try say(Self.connect, to: client, #"{"type":"auth_required","error":"Please authenticate first"}"#)
    try say("hello", to: client, #"{"type":"error","error":"Invalid message format"}"#)
    try client.send(.binary([1, 2, 3]))
    try hear(#"{"type":"error","error":"Invalid message format"}"#, client)
    // In one go, and the upstream is dialled after the check.
    let token = try AdmissionCredentialTests.token()
    try client.connection.send(
      Message.text(Self.authenticate(token)).frame(maskKey: 1) + Message.text(Self.connect).frame(maskKey: 2)
        + Message.text(#"{"type":"early"}"#).frame(maskKey: 3))
    try hear(Self.success, client)
    let upstream = try UpstreamEnd(vendor)
    #expect(try upstream.next() == .message(.text(Self.opening)))
    #expect(try upstream.next() == .message(.text(#"{"type":"early"}"#)))
    client.connection.reset()
    #expect(try upstream.next() == .close(ClosePayload(code: .internalError, reason: "Proxy error")))
  }

  @Test func tooMuchBeforeTheToken() throws {
    let client = try open("/realtime")
    for _ in 0..<7 { try client.send(.text(Self.connect)) }
    #expect(try client.close() == "1008 Too many messages before authentication")
    try client.leave()
    let other = try open("/realtime")
    try other.send(.text(String(repeating: "x", count: 65 << 10)))
    #expect(try other.close() == "1008 Too many bytes before authentication")
  }

  @Test func nobodyChecksTokens() throws {
    let client = try open("/free")
    try say(Self.authenticate("x.y.z"), to: client, #"{"type":"auth_error","error":"Authentication not configured"}"#)
    try client.send(.text(Self.connect))
    let upstream = try UpstreamEnd(vendor)
    try upstream.send(.text("{}"))
    try hear("{}", client)
    try client.send(.text("{\"type\":\"x\"}"))
    #expect(try upstream.next() == .message(.text("{\"type\":\"x\"}")))
    client.connection.reset()
  }

  @Test func upstreamThatIsDown() throws {
    let client = try open("/down")
    for _ in 0..<2 {
      try say(Self.connect, to: client, #"{"type":"error","error":"OpenAI connection error"}"#)
      try hear(Self.disconnected, client)
    }
    try client.leave()
    _ = try gateway.logLine(with: "WS_UPSTREAM_UNREACHABLE")
  }

  // MARK: Who it is

  /// Limits by subject hold as soon as the subject is known, and are given back with the session.
  @Test func limitsOfTheSubject() throws {
    let first = try known()
    let second = try open("/realtime")
    try second.send(.text(Self.authenticate(AdmissionCredentialTests.token())))
    #expect(try second.close() == "1013 Too many concurrent sessions")
    try second.leave()
    let other = try known(subject: "bob")
    try first.leave()
    // The place is given back when the session is over, which its record says.
    _ = try gateway.logLine(with: #""event":"session""#, #""subject":"alice""#)
    try known().leave()
    try other.leave()
  }

  /// A credential in the request is as good as one in a message.
  @Test func tokenInTheRequest() throws {
    let client = try open("/realtime", [("Authorization", "Bearer \(AdmissionCredentialTests.token())")])
    try client.send(.text(Self.connect))
    let upstream = try UpstreamEnd(vendor)
    #expect(try upstream.next() == .message(.text(Self.opening)))
    client.connection.reset()
    let refused = try AdmissionClient(gateway, UpgradeRequest("/realtime?token=x.y.z"))
    #expect(refused.status == 401)
  }

  /// A client that goes while its upstream is dialled leaves nothing behind.
  @Test func clientThatGoesWhileDialling() throws {
    let client = try known(subject: "carol")
    try client.send(.text(Self.connect))
    let waiting = try vendor.accept()
    _ = try waiting.head()
    client.connection.reset()
    #expect(try waiting.take() == nil)
    try known(subject: "carol").leave()
  }

  @Test func tokenAlone() throws {
    let client = try open("/token")
    try client.send(.text(Self.authenticate(AdmissionCredentialTests.token())))
    let upstream = try UpstreamEnd(vendor)
    try hear(Self.success, client)
    try upstream.close(4_000, "vendor's reason")
    #expect(try client.close() == "4000 vendor's reason")
  }

  /// Opening messages are for every route.
  @Test func openingOfAnOrdinaryRoute() throws {
    let client = try RawConnection(port: gateway.port)
    try client.send(UpgradeRequest("/opened").text)
    let upstream = try UpstreamEnd(vendor)
    #expect(try AdmissionClient(client).status == 101)
    #expect(try upstream.next() == .message(.text(#"{"type":"session.update","session":{}}"#)))
    client.reset()
  }

  // MARK: A4

  @Test func sessionCreate() throws {
    let create = #"{"type":"session.create","session":{"voice":"alloy"}}"#
    let lost = #"{"type":"error","error":{"message":"OpenAI connection lost. Please reconnect.","type":"connection_lost"}}"#
    let client = try open("/openai-realtime")
    try say(#"{"type":"response.create"}"#, to: client, lost)
    try client.send(.binary([1, 2]))
    try client.send(.text(create))
    let upstream = try UpstreamEnd(vendor)
    #expect(upstream.asked["Authorization"] == ["Bearer \(Self.vendorKey)"])
    #expect(try upstream.next() == .message(.text(create)))
    for message in [Message.text("{}"), .binary([1, 2, 3])] {
      try client.send(message)
      #expect(try upstream.next() == .message(message))
      try upstream.send(message)
      #expect(try client.next() == .message(message))
    }
    try upstream.close(1_000)
    #expect(try upstream.next() == .close(ClosePayload(code: .normal)))
    // Told at the next message, and only then. It may come before the close has: then the vendor is sent it in vain.
    _ = try upstream.next()
    try say("{}", to: client, lost)
    try client.send(.text(create))
    let second = try UpstreamEnd(vendor)
    #expect(try second.next() == .message(.text(create)))
    second.connection.reset()
    try hear(#"{"type":"error","error":{"message":"OpenAI connection error","type":"connection_error"}}"#, client)
    try client.leave()
  }

  @Test func sessionCreateWithoutAVendor() throws {
    let client = try open("/gone")
    try say(
      #"{"type":"session.create"}"#, to: client,
      #"{"type":"error","error":{"message":"OpenAI connection error","type":"connection_error"}}"#)
    try client.leave()
    #expect(!gateway.log.contains("ECONNREFUSED"))
  }

  /// A shutdown reaches clients that have no upstream.
  @Test func shutdown() throws {
    let client = try open("/realtime")
    gateway.terminate()
    #expect(try client.close() == "1001 Shutting down, try again")
    try client.leave()
    #expect(try gateway.finish() == 0)
  }
}
