import JSON
import TestSupport
import Testing
import WebSocket

/// Sessions in which the gateway speaks with the vendor as its descriptor says; the vendor is played by the test.
@Suite struct ConductSessionsTests {
  /// Routes whose handshake is before the 101, and inside the socket.
  enum Kind: String, CaseIterable {
    case plain, inside
  }

  private let vendor: RawListener
  private let gateway: GatewayProcess

  init() throws {
    vendor = try RawListener()
    let table =
      AdmissionTable.head + """
        vendors:
          test.vendor:
            kind: speech_to_speech
            source: https://vendor.test
            endpoint: {url: "ws://127.0.0.1:\(vendor.port)/v1"}
            codec: {client: json_text+binary_audio, server: json_text+binary_audio}
            discriminator: [{path: type}]
            audio: {client: binary, server: binary}
            lifecycle: {ready: [{type: ready}]}
            conversation:
              transcripts: [{match: {type: words}, path: text}]
              turn_end: [{type: done}]
            memory: {id: {of: vendor, path: session.id}}
            keepalive:
              message: {type: alive, id: "{id}"}
              every: 200ms
              needs_audio: true
              replies: [{match: {type: ping}, send: {type: pong, of: "{message.number}"}}]
            close:
              message: {type: stop, pieces: "{binary_messages}"}
              await: {type: stopped}
              drain: 20s
            errors:
              messages: [{match: {type: fault}, code_path: code, class: retryable}]
              close_codes: [{code: 4009, class: quota, meaning: the account has no credit}]
            usage:
              reports:
                - {match: {type: done}, path: tokens, unit: tokens, mode: sum}
                - {match: {type: stopped}, path: ms, unit: milliseconds, mode: last}
        tiers:
          metered: {usage: {route: 100/1d}}
          hasty: {usage: {route: 100/1d}, grace: 300ms}
          abrupt: {usage: {route: 100/1d}, grace: 0s}
          brief: {session_length: 2s, warn: 1s, grace: 20s}
        upstreams: {own: {vendor: test.vendor}}
        defaults: {authentication: none, timeouts: {ping_interval: off}}
        routes:

        """
      + Kind.allCases.flatMap { kind in
        Self.routes.map { name, settings in
          let handshake = kind == .inside ? ", handshake: {connect: connect_realtime, style: nested, name: Test}" : ""
          return "  /\(kind)/\(name): {upstream: own\(handshake)\(settings)}\n"
        }
      }.joined()
    gateway = try GatewayProcess(table)
  }

  private static let routes = [
    ("open", ""), ("metered", ", tier: metered"), ("shut", ", tier: metered, refuse: close"),
    ("hasty", ", tier: hasty"), ("abrupt", ", tier: abrupt"), ("brief", ", tier: brief"),
    ("late", ", timeouts: {ready: 300ms}"), ("silent", ", timeouts: {client_audio_idle: 1s}"),
    ("gated", ", messages: {types: [settings, stop], pinned: {session.model: small}}"),
  ]

  // MARK: Conversations

  /// A session on a route, with the vendor's end of it.
  private func open(_ kind: Kind, _ route: String, isReady: Bool = true) throws -> (client: AdmissionClient, upstream: UpstreamEnd) {
    let path = "/\(kind)/\(route)"
    let upstream: UpstreamEnd
    let client: AdmissionClient
    if kind == .inside {
      client = try AdmissionClient(gateway, UpgradeRequest(path))
      try client.send(.text(#"{"type":"connect_realtime"}"#))
      upstream = try UpstreamEnd(vendor)
    } else {
      // The answer comes once the vendor has given its own.
      let connection = try RawConnection(port: gateway.port)
      try connection.send(UpgradeRequest(path).text)
      upstream = try UpstreamEnd(vendor)
      client = try AdmissionClient(connection)
    }
    #expect(client.status == 101, "\(client.answer.line)")
    if isReady {
      let ready = #"{"type":"ready","session":{"id":"s 1"}}"#
      try upstream.send(.text(ready))
      try hear(ready, client)
    }
    return (client, upstream)
  }

  private func hear(_ text: String, _ client: AdmissionClient, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let event = try client.next()
    #expect(event == .message(.text(text)), "\(String(describing: event))", sourceLocation: sourceLocation)
  }

  private func hear(_ text: String, _ upstream: UpstreamEnd, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let event = try upstream.next()
    #expect(event == .message(.text(text)), "\(String(describing: event))", sourceLocation: sourceLocation)
  }

  private static let alive = #"{"type":"alive","id":"s 1"}"#

  /// What the vendor hears beside keepalives, which come when they will.
  private func next(_ upstream: UpstreamEnd) throws -> MessageEvent? {
    var event = try upstream.next()
    while event == .message(.text(Self.alive)) { event = try upstream.next() }
    return event
  }

  private func metric(_ name: String, becomes value: Double) throws -> Double {
    var found = 0.0
    for _ in 0..<500 {
      found = try gateway.metrics()[name]
      if found == value { break }
    }
    return found
  }

  // MARK: A whole session

  @Test(arguments: Kind.allCases)
  func conversation(kind: Kind) throws {
    let (client, upstream) = try open(kind, "open")
    for piece in [[1, 2], [3, 4]] as [[UInt8]] {
      try client.send(.binary(piece))
      #expect(try next(upstream) == .message(.binary(piece)))
    }
    for _ in 0..<2 { try hear(Self.alive, upstream) }
    try upstream.send(.text(#"{"type":"ping","number":7}"#))
    try hear(#"{"type":"ping","number":7}"#, client)
    #expect(try next(upstream) == .message(.text(#"{"type":"pong","of":7}"#)))
    for message in [#"{"type":"words","text":"hello"}"#, #"{"type":"fault","code":"overloaded"}"#] {
      try upstream.send(.text(message))
      try hear(message, client)
    }
    try upstream.send(.binary([0]))
    #expect(try client.next() == .message(.binary([0])))
    try upstream.send(.text(#"{"type":"done","tokens":42}"#))
    try hear(#"{"type":"done","tokens":42}"#, client)
    let during = try gateway.metrics()
    try client.connection.send(FrameHeader.frame(opcode: .close, payload: ClosePayload.encode(code: .normal), maskKey: 1))
    #expect(try next(upstream) == .message(.text(#"{"type":"stop","pieces":2}"#)))
    // What the vendor still has to say reaches a client that has said goodbye.
    let last = [#"{"type":"words","text":"the last ones"}"#, #"{"type":"stopped","ms":1500}"#]
    for message in last { try upstream.send(.text(message)) }
    #expect(try upstream.next() == .close(ClosePayload(code: .normal)))
    try upstream.close(1_000)
    for message in last { try hear(message, client) }
    #expect(try client.close() == "1000 ")

    let route = "/\(kind)/open"
    let record = try JSONValue.parse(Array(gateway.logLine(with: #""event":"session""#, #""route":"\#(route)""#).utf8))
    #expect(record["usage_tokens"] == 42 && record["usage_seconds"] == 1.5 && record["turns"] == 1 && record["vendor_errors"] == 1)
    for field in ["vendor_ready_ms", "first_transcript_ms", "first_audio_ms"] { #expect(record[field]?.intValue != nil, "\(field)") }
    #expect(try gateway.logLine(with: "upstream error").contains(#""code":"overloaded""#))
    let own = #"{upstream="own"}"#
    let metrics = try gateway.metrics()
    #expect(during["voxgate_sessions_open{route=\"\(route)\"}"] == 1)
    // Counted when it happens, and once.
    for metrics in [during, metrics] {
      #expect(metrics[#"voxgate_upstream_usage_total{upstream="own",unit="tokens"}"#] == 42)
      #expect(metrics[#"voxgate_upstream_errors_total{upstream="own",class="retryable",fatal="true"}"#] == 1)
      #expect(metrics["voxgate_turns_total\(own)"] == 1 && metrics["voxgate_turn_latency_seconds_count\(own)"] == 1)
      #expect(metrics["voxgate_upstream_first_transcript_seconds_count\(own)"] == 1)
      #expect(metrics["voxgate_upstream_first_audio_seconds_count\(own)"] == 1)
    }
    #expect(metrics[#"voxgate_upstream_usage_total{upstream="own",unit="seconds"}"#] == 1)
    #expect(metrics["voxgate_upstream_keepalives_total\(own)"] >= 2)
    // Within the millisecond is at once.
    let isAtOnce = record["vendor_ready_ms"] == 0
    #expect(metrics["voxgate_upstream_ready_seconds_count\(own)"] == (isAtOnce ? 0 : 1))
  }

  /// The client goes without a word: the vendor hears the end all the same.
  @Test(arguments: Kind.allCases)
  func clientThatIsLost(kind: Kind) throws {
    let (client, upstream) = try open(kind, "open")
    client.connection.reset()
    try hear(#"{"type":"stop","pieces":0}"#, upstream)
    try upstream.send(.text(#"{"type":"stopped","ms":0}"#))
    #expect(try upstream.next() == .close(ClosePayload(code: .internalError, reason: "Proxy error")))
  }

  @Test(arguments: Kind.allCases)
  func shutdown(kind: Kind) throws {
    let (client, upstream) = try open(kind, "open")
    gateway.terminate()
    try hear(#"{"type":"stop","pieces":0}"#, upstream)
    try upstream.send(.text(#"{"type":"stopped","ms":0}"#))
    #expect(try upstream.next() == .close(ClosePayload(code: .normal, reason: "Session ended")))
    #expect(try client.close()?.hasPrefix("10") == true)
  }

  @Test func closeCodesOfTheVendor() throws {
    let (client, upstream) = try open(.plain, "open")
    try upstream.close(4_009, "no credit")
    #expect(try client.close() == "4009 no credit")
    try client.connection.send(FrameHeader.frame(opcode: .close, payload: [], maskKey: 1))
    #expect(try metric(#"voxgate_upstream_errors_total{upstream="own",class="quota",fatal="true"}"#, becomes: 1) == 1)
  }

  // MARK: Limits

  /// The turn under way is ended before the session.
  @Test(arguments: Kind.allCases)
  func usageEndsWithTheTurn(kind: Kind) throws {
    let (client, upstream) = try open(kind, "metered")
    try upstream.send(.text(#"{"type":"done","tokens":95}"#))
    try hear(#"{"type":"done","tokens":95}"#, client)
    try hear(#"{"type":"warning","warning":{"type":"limit_near","limit":"usage","remaining":5}}"#, client)
    try upstream.send(.text(#"{"type":"words","text":"one more"}"#))
    try hear(#"{"type":"words","text":"one more"}"#, client)
    // What goes beyond is told with the turn's own end, and that is heard.
    try upstream.send(.text(#"{"type":"done","tokens":10}"#))
    try hear(#"{"type":"done","tokens":10}"#, client)
    try expectEnd(of: client)
    try hear(#"{"type":"stop","pieces":0}"#, upstream)
    #expect(try gateway.logLine(with: "WS_SESSION_LIMIT_EXCEEDED").contains(#""measure":"usage""#))
    try expectNothingLeft("/\(kind)/metered")
  }

  /// Who comes back is told so before anybody is dialled.
  private func expectNothingLeft(_ path: String) throws {
    let refused = try AdmissionClient(gateway, UpgradeRequest(path))
    let session = try RefusalTests.check(refused.answer, 429, "rate_limited", path)
    #expect(try JSONValue.parse(refused.answer.body).at("error.message") == "Usage limit reached")
    #expect(refused.answer["RateLimit-Limit"] == ["100"] && refused.answer["RateLimit-Remaining"] == ["0"])
    // 105 of 100 a day are used: six come back, one at a time, before there is one to be had.
    let wait = Int(refused.answer["Retry-After"].first ?? "") ?? 0
    #expect((4_000...5_184).contains(wait))
    _ = try gateway.record("WS_CONNECTION_BLOCKED_RATE_LIMIT", session: session)
    try expectNoDial()
  }

  /// The queue of the vendor's listener is empty: whoever had come would be accepted at once.
  private func expectNoDial() throws {
    let own = try RawConnection(port: vendor.port)
    try own.send("mine\r\n\r\n")
    #expect(try vendor.accept().head().line == "mine")
  }

  /// On a route with `refuse: close`: the code and reason of a session that reaches the limit.
  @Test func nothingLeftIsToldByAClose() throws {
    let (client, upstream) = try open(.plain, "shut")
    try upstream.send(.text(#"{"type":"done","tokens":105}"#))
    try hear(#"{"type":"done","tokens":105}"#, client)
    try expectEnd(of: client)
    let again = try AdmissionClient(gateway, UpgradeRequest("/plain/shut"))
    #expect(again.status == 101)
    #expect(try again.close() == "1013 Usage limit reached")
    try expectNoDial()
    #expect(try metric(#"voxgate_refusals_total{route="/plain/shut",reason="rate_limited"}"#, becomes: 1) == 1)
  }

  /// The warning is soft, the error with its time to wait is not.
  private func expectEnd(of client: AdmissionClient, after soft: Bool = false) throws {
    if soft {
      guard case .message(.text(let text))? = try client.next() else { return #expect(Bool(false), "nothing was told") }
      #expect(text.hasPrefix(#"{"type":"warning","warning":{"type":"limit_reached","limit":"usage","#), "\(text)")
    }
    var told = try client.next()
    while case .message(.text(let text))? = told, !text.contains("rate_limited") { told = try client.next() }
    guard case .message(.text(let text))? = told else { return #expect(Bool(false), "\(String(describing: told))") }
    let expected = #"{"type":"error","error":{"type":"rate_limited","limit":"usage","message":"Usage limit reached","retry_after":"#
    #expect(text.hasPrefix(expected), "\(text)")
    #expect(try client.close() == "1013 Usage limit reached")
  }

  /// A turn that does not end has only so much time.
  @Test func turnWithoutAnEnd() throws {
    let (client, upstream) = try open(.plain, "hasty")
    for message in [#"{"type":"words","text":"and"}"#, #"{"type":"stopped","ms":200000}"#] {
      try upstream.send(.text(message))
      try hear(message, client)
    }
    try expectEnd(of: client, after: true)
  }

  /// Without time for it, or outside of a turn, the session ends at once.
  @Test(arguments: ["abrupt", "metered"])
  func endsAtOnce(route: String) throws {
    let (client, upstream) = try open(.plain, route)
    if route == "abrupt" {
      try upstream.send(.text(#"{"type":"words","text":"and"}"#))
      try hear(#"{"type":"words","text":"and"}"#, client)
    }
    try upstream.send(.text(#"{"type":"stopped","ms":200000}"#))
    try hear(#"{"type":"stopped","ms":200000}"#, client)
    try expectEnd(of: client)
  }

  @Test(arguments: Kind.allCases)
  func sessionLengthEndsWithTheTurn(kind: Kind) throws {
    let (client, upstream) = try open(kind, "brief")
    try upstream.send(.text(#"{"type":"words","text":"and"}"#))
    try hear(#"{"type":"words","text":"and"}"#, client)
    try hear(#"{"type":"warning","warning":{"type":"limit_near","limit":"session_length","remaining":1}}"#, client)
    try hear(#"{"type":"warning","warning":{"type":"limit_reached","limit":"session_length","grace":20}}"#, client)
    try upstream.send(.text(#"{"type":"done","tokens":1}"#))
    try hear(#"{"type":"done","tokens":1}"#, client)
    #expect(try client.close() == "1001 Session time limit")
  }

  // MARK: Clocks

  @Test func notReadyInTime() throws {
    let (client, upstream) = try open(.plain, "late", isReady: false)
    #expect(try client.close() == "1011 Proxy error")
    #expect(try upstream.next() == .close(ClosePayload(code: .normal, reason: "Session ended")))
    #expect(try gateway.logLine(with: "WS_UPSTREAM_TIMEOUT").contains(#""phase":"ready""#))
    #expect(try gateway.logLine(with: #""event":"session""#).contains(#""cause":"upstream_not_ready""#))
  }

  /// A client that may ask for another upstream stays.
  @Test func notReadyInTimeInside() throws {
    let (client, _) = try open(.inside, "late", isReady: false)
    try hear(#"{"type":"error","error":{"message":"Test connection error","type":"connection_error"}}"#, client)
    try expectToStay(client)
  }

  /// Keepalives keep the vendor, but not for ever.
  @Test func noAudio() throws {
    let (client, upstream) = try open(.plain, "silent")
    try client.send(.binary([1, 2]))
    #expect(try client.close() == "1001 Client audio idle")
    #expect(try upstream.next() == .message(.binary([1, 2])))
    try hear(#"{"type":"alive","id":"s 1"}"#, upstream)
    #expect(try gateway.logLine(with: #""event":"session""#).contains(#""cause":"client_audio_idle""#))
  }

  @Test func noAudioInside() throws {
    let (client, upstream) = try open(.inside, "silent")
    try hear(#"{"type":"stop","pieces":0}"#, upstream)
    #expect(try upstream.next() == .close(ClosePayload(code: .normal, reason: "Session ended")))
    try expectToStay(client)
  }

  /// A client that was left without an upstream can have another.
  private func expectToStay(_ client: AdmissionClient) throws {
    try client.send(.text(#"{"type":"connect_realtime"}"#))
    let next = try UpstreamEnd(vendor)
    try next.send(.text(#"{"type":"ready"}"#))
    try hear(#"{"type":"ready"}"#, client)
  }

  // MARK: Messages that may not pass

  @Test(arguments: Kind.allCases)
  func messagesOfTheRoute(kind: Kind) throws {
    let (client, upstream) = try open(kind, "gated")
    try client.send(.text(#"{"type":"delete"}"#))
    try hear(
      #"{"type":"error","error":{"type":"message_refused","found":"delete","message":"'delete' may not be sent on this route"}}"#, client)
    try client.send(.text(#"{"type":"settings","session":{"model":"large","voice":"a"}}"#))
    try hear(#"{"type":"settings","session":{"model":"small","voice":"a"}}"#, upstream)
    try client.send(.text(#"{"type":"settings","session":{"model":"large","model":"huge"}}"#))
    try hear(
      #"{"type":"error","error":{"type":"message_refused","found":"","message":"the message is not JSON, or has a member twice"}}"#, client)
    let large = #"{"type":"settings","text":"\#(String(repeating: "x", count: 100_000))"}"#
    try client.send(.text(large))
    try hear(large, upstream)
    try client.send(.binary([1, 2]))
    #expect(try upstream.next() == .message(.binary([1, 2])))
  }
}
