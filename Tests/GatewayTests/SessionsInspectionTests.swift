import JSON
import TestSupport
import Testing
import WebSocket

/// What a session may send: audio that is what it is said to be, and as much as its tier allows.
struct SessionsInspectionTests {
  private static let routes = """
    , /pcm/*: {upstream: own, audio: {policy: reject, encoding: linear16, sample_rate: 16000}}
    , /warned/*: {upstream: own, audio: {policy: warn, encoding: linear16, sample_rate: 16000}}
    , /messages/*: {upstream: own, tier: messages}
    , /bytes/*: {upstream: own, tier: bytes}
    , /seconds/*: {upstream: own, tier: seconds, audio: {encoding: linear16, sample_rate: 16000}}
    , /near/*: {upstream: own, tier: near}
    """
  private static let tiers = """
    tiers:
      messages: {messages: {ip: 5/1h}}
      bytes: {bytes: {ip: 1500B/1h}}
      seconds: {audio: {ip: 1s/1h}, warn: 0s}
      near: {messages: {route: 20/1h}}
    """

  private func judge(_ story: String) throws -> SessionsBench {
    let bench = try SessionsBench("inspection", [story], others: Self.routes, settings: Self.tiers)
    try bench.judge()
    return bench
  }

  @Test(arguments: ["audio", "limits", "near"])
  func ends(_ story: String) throws {
    _ = try judge(story)
  }

  /// One line for each rule of a session, and the audio in its record.
  @Test func warns() throws {
    let log = try judge("warned").gateway.log
    #expect(log.components(separatedBy: #""rule":"partial_sample""#).count == 2, "\(log)")
    #expect(log.contains(#""audio_ms_up":40"#), "\(log)")
  }

  /// Audio is in the metrics once it has passed, to the last sample; the end of a session adds nothing to it.
  @Test(arguments: ["plain", "inside"]) func audioIsCountedAsItPasses(_ route: String) throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(
      AdmissionTable.head + """
        vendors:
          test.vendor:
            kind: speech_to_speech
            source: https://vendor.test
            endpoint: {url: "ws://127.0.0.1:\(listener.port)/v1"}
            codec: {client: json_text+binary_audio, server: json_text+binary_audio}
            audio:
              client: binary
              server: binary
              format: {defaults: {input: {encoding: pcm, rate: 16000}, output: {encoding: pcm, rate: 16000}}}
              allowed: {input: {pcm: {codec: pcm_s16le}}, output: {pcm: {codec: pcm_s16le}}}
        upstreams: {own: {vendor: test.vendor}}
        defaults: {authentication: none, audio: {policy: warn}}
        routes:
          /plain: {upstream: own}
          /inside: {upstream: own, handshake: {connect: start, style: nested}}

        """)
    let counted = { (direction: String) in
      try gateway.metrics()["voxgate_audio_seconds_total{route=\"/\(route)\",direction=\"\(direction)\"}"]
    }
    for number in 1...2 {
      let connection = try RawConnection(port: gateway.port)
      try connection.send(UpgradeRequest("/\(route)", [("X-Trace-Id", "session-\(number)")]).text)
      if route == "inside" { try connection.send(Message.text(#"{"type":"start"}"#).frame(maskKey: 1)) }
      let upstream = try UpstreamEnd(listener)
      let client = try AdmissionClient(connection)
      // No message is a whole number of milliseconds; together they are three from the vendor and two for it.
      for size in [46, 50] {
        let message = Message.binary([UInt8](repeating: 0, count: size))
        try upstream.send(message)
        #expect(try client.next() == .message(message))
      }
      for size in [14, 18, 32] {
        let message = Message.binary([UInt8](repeating: 0, count: size))
        try client.send(message)
        #expect(try upstream.next() == .message(message))
      }
      #expect(try counted("up") == 0.002 * Double(number) && counted("down") == 0.003 * Double(number))
      try client.leave()
      let record = try JSONValue.parse(Array(gateway.logLine(with: #""event":"session""#, "session-\(number)").utf8))
      #expect(record["audio_ms_up"] == 2 && record["audio_ms_down"] == 3)
    }
    #expect(try counted("up") == 0.004 && counted("down") == 0.006)
  }

  /// Nothing is known of the audio of a plain url.
  @Test func needsAnEncoding() throws {
    let folder = TemporaryFolder()
    let file = try folder.write(
      "upstreams.yaml",
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      upstreams: {own: {url: "ws://localhost:1"}}
      routes: {/any: {upstream: own, authentication: none, audio: {policy: reject}}}
      """)
    let run = try CommandRun(["check", file])
    #expect(run.status == 78 && run.text.contains("'audio' of route '/any' needs an 'encoding'"), "\(run.text)")
  }
}
