import TestSupport
import Testing

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
