import JSON
import TestSupport
import Testing
import WebSocket

/// The vendors' simulators, which close a silent session and answer a closing message, as their vendors do.
@Suite struct ConductSimulatorTests {
  private static let table =
    AdmissionTable.head + """
      vendors:
        quick.listen: {like: deepgram.listen, keepalive: {every: 400ms, idle_timeout: 2s}}
        left.listen: {like: deepgram.listen, keepalive: {message: null, every: null, idle_timeout: 2s}}
        quick.stt: {like: soniox.stt, keepalive: {every: 400ms, idle_timeout: 2s}}
      upstreams:
        quick: {vendor: quick.listen, credential: {env: K}}
        left: {vendor: left.listen, credential: {env: K}}
        soniox: {vendor: quick.stt, credential: {env: K}}
        openai: {vendor: openai.realtime, credential: {env: K}}
      defaults: {authentication: none}
      routes:
        /quick: {upstream: quick}
        /left: {upstream: left}
        /soniox: {upstream: soniox}
        /openai: {upstream: openai}

      """

  private let gateway: GatewayProcess

  init() throws { gateway = try GatewayProcess(Self.table, environment: ["K": "k"], arguments: ["--simulate", "all"]) }

  private func open(_ path: String) throws -> AdmissionClient {
    let client = try AdmissionClient(gateway, UpgradeRequest(path))
    #expect(client.status == 101, "\(client.answer.line)")
    return client
  }

  private func record(_ route: String) throws -> JSONValue {
    try JSONValue.parse(Array(gateway.logLine(with: #""event":"session""#, #""route":"\#(route)""#).utf8))
  }

  private func waitForKeepalives(_ count: Double, of upstream: String) throws {
    var sent = 0.0
    for _ in 0..<1_000 {
      sent = try gateway.metrics()[#"voxgate_upstream_keepalives_total{upstream="\#(upstream)"}"#]
      if sent >= count { return }
    }
    Issue.record("\(sent) keepalives were sent to \(upstream)")
  }

  private static let silence = Message.binary([UInt8](repeating: 0, count: 640))

  /// Whoever gets no keepalive closes, and whoever does not is still there when twice that time is over.
  @Test func silenceIsBridged() throws {
    let query = "?model=nova-3&encoding=linear16&sample_rate=16000"
    let left = try open("/left\(query)"), kept = try open("/quick\(query)")
    for client in [left, kept] { try client.send(Self.silence) }
    #expect(try left.close() == "1011 NET-0001")
    let again = try open("/left\(query)")
    try again.send(Self.silence)
    #expect(try again.close() == "1011 NET-0001")
    try kept.send(.text(#"{"type":"Finalize"}"#))
    try kept.leave()
    let record = try record("/quick")
    #expect(record["closed_by"] == "downstream", "\(record)")
    // `CloseStream` brought the vendor's account of the session.
    #expect(record["usage_seconds"] == 0.02, "\(record)")
    #expect(try gateway.metrics()[#"voxgate_upstream_keepalives_total{upstream="quick"}"#] >= 4)
  }

  /// Soniox: the configuration first, then keepalives, and an empty message at the end.
  @Test func emptyMessageAtTheEnd() throws {
    let client = try open("/soniox")
    try client.send(
      .text(#"{"model":"stt-rt-preview","audio_format":"pcm_s16le","sample_rate":16000,"num_channels":1}"#))
    try client.send(Self.silence)
    try waitForKeepalives(2, of: "soniox")
    try client.leave()
    let record = try record("/soniox")
    #expect(record["usage_seconds"] == 0.02, "\(record)")
  }

  @Test func tokensOfAnAnswer() throws {
    let client = try open("/openai?model=gpt-realtime")
    let item = #"{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}"#
    try client.send(.text(#"{"type":"conversation.item.create","item":\#(item)}"#))
    try client.send(.text(#"{"type":"response.create"}"#))
    while let event = try client.next() {
      if case .message(.text(let text)) = event, text.contains(#""type":"response.done""#) { break }
    }
    try client.leave()
    let record = try record("/openai")
    #expect(record["usage_tokens"]?.doubleValue.map { $0 > 0 } == true && record["turns"] == 1, "\(record)")
    #expect(record["first_audio_ms"]?.intValue != nil && record["vendor_ready_ms"]?.intValue != nil, "\(record)")
  }
}
