import Glibc
import JSON
import TestSupport
import Testing
import WebSocket

/// Clients that keep their session while one session with the vendor takes up another; the vendor is played by the test.
@Suite struct HandoverSessionsTests {
  /// Routes whose handshake is before the 101, and inside the socket.
  enum Kind: String, CaseIterable {
    case plain, inside
  }

  private let vendor: RawListener
  private let gateway: GatewayProcess

  init() throws {
    vendor = try RawListener()
    let upstreams = ["lasting", "aged", "fragile"]
    let table =
      AdmissionTable.head + """
        vendors:
          test.vendor:
            kind: speech_to_text
            source: https://vendor.test
            endpoint: {url: "ws://127.0.0.1:\(vendor.port)/v1"}
            codec: {client: json_text+binary_audio, server: json_text}
            discriminator: [{path: type}]
            audio: {client: binary}
            lifecycle: {ready: [{type: ready}]}
            conversation: {transcripts: [{match: {type: words}, path: text}], turn_end: [{type: done}]}
            memory: {handle: {of: vendor, path: handle}}
            close: {message: {type: stop}, await: {type: stopped}, drain: 20s}
            errors: {close_codes: [{code: 4009, class: quota}, {code: 4010, class: retryable}]}
            handover:
              replay: [{type: settings}]
              hush: [{type: settings.done}]
              notice: {type: leaving}
              resume: {memory: handle, path: settings.handle}
        upstreams:
          lasting: {vendor: test.vendor, handover: {apart: 0s}}
          aged: {vendor: test.vendor, handover: {after: 1s, apart: 0s, on_loss: false}}
          fragile: {vendor: test.vendor, handover: {}}
        defaults: {authentication: none, timeouts: {ping_interval: off, dial: 5s}}
        routes:

        """
      + Kind.allCases.flatMap { kind in
        upstreams.map { name in
          let handshake = kind == .inside ? ", handshake: {connect: connect_realtime, style: nested, name: Test}" : ""
          return "  /\(kind)/\(name): {upstream: \(name)\(handshake)}\n"
        }
      }.joined()
    gateway = try GatewayProcess(table)
  }

  private static let settings = #"{"type":"settings","settings":{"model":"m"}}"#
  private static let sessionEnded = MessageEvent.close(ClosePayload(code: .normal, reason: "Session ended"))

  /// A session on a route, with the vendor's end of it: settings sent, and audio that the vendor has understood.
  private func open(_ kind: Kind, _ upstream: String) throws -> (client: AdmissionClient, upstream: UpstreamEnd) {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/\(kind)/\(upstream)").text)
    let client: AdmissionClient
    let end: UpstreamEnd
    if kind == .inside {
      client = try AdmissionClient(connection)
      try client.send(.text(#"{"type":"connect_realtime"}"#))
      end = try UpstreamEnd(vendor)
    } else {
      end = try UpstreamEnd(vendor)
      client = try AdmissionClient(connection)
    }
    #expect(client.status == 101, "\(client.answer.line)")
    try say(#"{"type":"ready","handle":"h 1"}"#, end, to: client)
    for message in [Message.text(Self.settings), .binary([1])] {
      try client.send(message)
      try hear(message, end)
    }
    try say(#"{"type":"settings.done"}"#, end, to: client)
    try say(#"{"type":"words","text":"one"}"#, end, to: client)
    try say(#"{"type":"done"}"#, end, to: client)
    return (client, end)
  }

  /// The next session with the vendor, once it has heard what makes it what the first one was and has said that it is ready.
  private func takeUp() throws -> UpstreamEnd {
    let next = try UpstreamEnd(vendor)
    try hear(.text(#"{"type":"settings","settings":{"model":"m","handle":"h 1"}}"#), next)
    try next.send(.text(#"{"type":"ready"}"#))
    try next.send(.text(#"{"type":"settings.done"}"#))
    return next
  }

  private func say(_ text: String, _ upstream: UpstreamEnd, to client: AdmissionClient, at location: SourceLocation = #_sourceLocation)
    throws
  {
    try upstream.send(.text(text))
    let event = try client.next()
    #expect(event == .message(.text(text)), "\(String(describing: event))", sourceLocation: location)
  }

  private func hear(_ message: Message, _ upstream: UpstreamEnd, at location: SourceLocation = #_sourceLocation) throws {
    let event = try upstream.next()
    #expect(event == .message(message), "\(String(describing: event))", sourceLocation: location)
  }

  private func handovers(_ route: String, for reason: String, _ result: String) throws -> Double {
    try gateway.metrics()[#"voxgate_upstream_handovers_total{route="\#(route)",reason="\#(reason)",result="\#(result)"}"#]
  }

  private func record(_ route: String) throws -> JSONValue {
    try JSONValue.parse(Array(gateway.logLine(with: #""event":"session""#, #""route":"\#(route)""#).utf8))
  }

  // MARK: Loss

  /// The client notices nothing: what was not understood is said again, what it says meanwhile comes behind that.
  @Test(arguments: Kind.allCases, ["reset", "close"])
  func vendorIsLost(kind: Kind, by loss: String) throws {
    let (client, first) = try open(kind, "lasting")
    for piece in [[2], [3]] as [[UInt8]] {
      try client.send(.binary(piece))
      try hear(.binary(piece), first)
    }
    if loss == "reset" { first.connection.reset() } else { try first.close(4010, "server error") }
    let second = try UpstreamEnd(vendor)
    try client.send(.binary([4]))
    try hear(.text(#"{"type":"settings","settings":{"model":"m","handle":"h 1"}}"#), second)
    try second.send(.text(#"{"type":"ready"}"#))
    try second.send(.text(#"{"type":"settings.done"}"#))
    for piece in [[2], [3], [4]] as [[UInt8]] { try hear(.binary(piece), second) }
    try say(#"{"type":"words","text":"two three four"}"#, second, to: client)
    try say(#"{"type":"done"}"#, second, to: client)
    try client.send(.binary([5]))
    try hear(.binary([5]), second)
    // And again.
    second.connection.reset()
    let third = try takeUp()
    try hear(.binary([5]), third)
    third.connection.reset()
    let fourth = try takeUp()
    try hear(.binary([5]), fourth)
    #expect(try handovers("/\(kind)/lasting", for: "lost", "ok") == (loss == "reset" ? 3 : 2))
    #expect(try handovers("/\(kind)/lasting", for: "closed", "ok") == (loss == "reset" ? 0 : 1))
    try client.connection.send(FrameHeader.frame(opcode: .close, payload: ClosePayload.encode(code: .normal), maskKey: 1))
    try hear(.text(#"{"type":"stop"}"#), fourth)
    try say(#"{"type":"stopped"}"#, fourth, to: client)
    #expect(try fourth.next() == .close(ClosePayload(code: .normal)))
    try fourth.close(1_000)
    #expect(try client.close() == "1000 ")
    let record = try record("/\(kind)/lasting")
    #expect(record["handovers"] == 3 && record["closed_by"] == "downstream" && record["messages_up"] == (kind == .inside ? 7 : 6))
    #expect(try gateway.logLine(with: "upstream handed over", #""reason":"lost""#).contains(#""upstream":"lasting""#))
  }

  /// What the vendor means by its Close counts.
  @Test(arguments: [(1000, "1000 bye"), (4009, "4009 bye"), (4020, "4020 bye")] as [(UInt16, String)])
  func closesThatEndTheSession(code: UInt16, heard: String) throws {
    let (client, upstream) = try open(.plain, "lasting")
    try upstream.close(code, "bye")
    #expect(try client.close() == heard)
    #expect(try record("/plain/lasting")["handovers"] == nil)
  }

  /// Something else is wrong with a vendor that is lost right away, or before it is ready; and nobody asked for it where `on_loss` is off.
  @Test(arguments: ["fragile", "aged", "unready"])
  func lossesThatAreNotMended(_ kind: String) throws {
    let (client, first) = try open(.plain, kind == "unready" ? "lasting" : kind)
    first.connection.reset()
    if kind == "unready" { try UpstreamEnd(vendor).connection.reset() }
    #expect(try client.close() == "1011 Proxy error")
  }

  /// Nobody takes over: the client hears of it as it would have without.
  @Test(arguments: Kind.allCases)
  func noOtherToBeHad(kind: Kind) throws {
    let (client, first) = try open(kind, "lasting")
    first.connection.reset()
    let refused = try vendor.accept()
    _ = try refused.head()
    try refused.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    if kind == .plain {
      #expect(try client.close() == "1011 Proxy error")
    } else {
      let event = try client.next()
      guard case .message(.text(let text)) = event else {
        Issue.record("\(String(describing: event))")
        return
      }
      #expect(text.contains("error"))
      try client.send(.text(#"{"type":"connect_realtime"}"#))
      let again = try UpstreamEnd(vendor)
      try say(#"{"type":"ready"}"#, again, to: client)
    }
    #expect(try handovers("/\(kind)/lasting", for: "lost", "failed") == 1)
  }

  // MARK: Before the vendor's own end

  /// Between two turns, and with the last words of the old session before the first of the new.
  @Test(arguments: Kind.allCases, ["aged", "notice"])
  func takesOverInTime(kind: Kind, because reason: String) throws {
    let (client, first) = try open(kind, reason == "aged" ? "aged" : "lasting")
    try client.send(.binary([2]))
    try hear(.binary([2]), first)
    try say(#"{"type":"words","text":"in mid"}"#, first, to: client)
    if reason == "notice" { try say(#"{"type":"leaving"}"#, first, to: client) } else { usleep(1_500_000) }
    try say(#"{"type":"words","text":"in mid turn"}"#, first, to: client)
    try say(#"{"type":"done"}"#, first, to: client)
    try hear(.text(#"{"type":"stop"}"#), first)
    try client.send(.binary([3]))
    try say(#"{"type":"words","text":"last"}"#, first, to: client)
    try first.send(.text(#"{"type":"stopped"}"#))
    #expect(try first.next() == Self.sessionEnded)
    try first.close(1_000)
    let second = try takeUp()
    try hear(.binary([3]), second)
    try say(#"{"type":"words","text":"three"}"#, second, to: client)
    #expect(try handovers("/\(kind)/\(reason == "aged" ? "aged" : "lasting")", for: reason == "aged" ? "age" : "notice", "ok") == 1)
  }

  /// The dial is given up with the session.
  @Test func endsWhileAnotherIsOnItsWay() throws {
    let (client, first) = try open(.plain, "lasting")
    first.connection.reset()
    let second = try vendor.accept()
    _ = try second.head()
    try client.leave()
    // With what it had not read yet, or without.
    while let bytes = try? second.take(), !bytes.isEmpty {}
    #expect(try record("/plain/lasting")["closed_by"] == "downstream")
  }

  // MARK: What cannot be

  @Test(arguments: [
    ("vendor: deepgram.speak, credential: {env: K}", "'deepgram.speak' has no 'handover'"),
    ("url: \"wss://a.example\"", "a plain 'url' has no"),
  ])
  func notAllowed(upstream: String, error: String) throws {
    let table =
      AdmissionTable.head + """
        upstreams: {own: {\(upstream), handover: {}}}
        defaults: {authentication: none}
        routes: {/a: {upstream: own}}

        """
    let folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", table)
    let run = try CommandRun(["check", file], environment: ["K": "k"])
    #expect(run.status == 78 && run.text.contains(error) && run.text.contains("upstreams.yaml:4:"), "\(run.text)")
  }
}
