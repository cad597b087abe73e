import JSON
import TestSupport
import Testing
import WebSocket

/// Examples/vendors: a descriptor written after the documentation works on the first `serve`.
@Suite struct ExampleVendorTests {
  private static let path = "Examples/vendors/example-vendor-upstreams.yaml"

  private static func table() throws -> String {
    let text = try Repository.text(path)
    for address in ["127.0.0.1:8080", "127.0.0.1:9090"] { #expect(text.contains(#"{address: "\#(address)"}"#)) }
    return text.replacing("127.0.0.1:8080", with: "127.0.0.1:0").replacing("127.0.0.1:9090", with: "127.0.0.1:0")
  }

  @Test func itPassesCheck() throws {
    let run = try CommandRun(["check", Repository.root + Self.path])
    #expect(run.status == 0 && !run.text.contains("error: "), "\(run.text)")
    #expect(!run.text.contains("murmur.transcribe"), "\(run.text)")
  }

  /// Admitted, ready, heard, billed and closed: all that a call reports.
  @Test func aCallThroughTheGateway() throws {
    let gateway = try GatewayProcess(Self.table())
    let run = try CommandRun(
      [
        "call", "ws://127.0.0.1:\(gateway.port)/murmur?language=en", Repository.root + "Examples/audio/booking.wav", "--config",
        Repository.root + Self.path, "--json", "--speed", "1.4",
      ], results: true)
    let events = try run.lines.map { try JSONValue.parse(Array($0.utf8)) }
    let names = events.compactMap { $0["event"]?.stringValue }
    #expect(run.status == 0, "\(run.text)\n\(gateway.log)")
    for name in ["ready", "sending", "transcript", "usage"] { #expect(names.contains(name), "no \(name): \(run.text)") }
    let closed = try gateway.logLine(with: "WS_CONNECTION_CLOSED")
    #expect(closed.contains(#""code":1000"#), "\(closed)")
    let metrics = try gateway.metrics()
    #expect(metrics["voxgate_sessions_opened_total{route=\"/murmur/*\",upstream=\"murmur\"}"] == 1)
  }

  /// What the descriptor forbids is refused before the vendor sees it, and what the vendor demands is demanded by its stand-in.
  @Test func whatTheDescriptorSaysHolds() throws {
    let gateway = try GatewayProcess(Self.table())
    #expect(try AdmissionClient(gateway, UpgradeRequest("/murmur/v3/transcribe?language=en")).status == 404)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/murmur")).status == 400)
    let client = try AdmissionClient(gateway, UpgradeRequest("/murmur/v2/transcribe?language=en"))
    #expect(client.status == 101)
    try client.send(.text(#"{"kind":"start","language":"en","audio":{"encoding":"pcm","rate":44100}}"#))
    guard case .message(.text(let refusal))? = try client.next() else {
      Issue.record("nothing is said of a format that is not taken")
      return
    }
    #expect(try JSONValue.parse(Array(refusal.utf8))["kind"] == "error", "\(refusal)")
    #expect(try client.close()?.hasPrefix("4400 ") == true)
  }

  /// A page's credential in the vendor's places is the gateway's, and what went to the vendor is its key in the header.
  @Test func theCredentialGoesWhereTheDescriptorSays() throws {
    let upstream = try RawListener()
    let table = try Self.table().replacing("wss://{host}/v2", with: "ws://{host}/v2")
      .replacing(
        "credential: {env: MURMUR_API_KEY}}", with: "credential: {env: MURMUR_API_KEY}, variables: {host: \"127.0.0.1:\(upstream.port)\"}}")
    let gateway = try GatewayProcess(table, environment: ["MURMUR_API_KEY": "canary-murmur-key"])
    let connection = try RawConnection(port: gateway.port)
    try connection.send(
      UpgradeRequest("/murmur/v2/transcribe?language=en&ticket=canary-of-the-client", [("Cookie", "a=canary-of-the-client")]).text)
    let asked = try upstream.accept()
    let head = try asked.accept()
    #expect(head["X-Murmur-Key"] == ["canary-murmur-key"] && head["X-Murmur-Request"].count == 1)
    #expect(head.line.hasPrefix("GET /v2/transcribe?") && head.line.contains("punctuate=true") && head.line.contains("language=en"))
    let text = ([head.line] + head.headers.map { "\($0.name): \($0.value)" }).joined(separator: "\n")
    #expect(!text.contains("canary-of-the-client"), "\(text)")
    #expect(try connection.head().status == 101)
  }
}
