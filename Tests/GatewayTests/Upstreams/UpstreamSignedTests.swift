import JSON
import TestSupport
import Testing
import WebSocket
@testable import Vendors

/// Vendors whose requests are signed or whose messages are in a framing of their own, through a gateway and against their simulators.
@Suite struct UpstreamSignedTests {
  private static let canary = "canary-signing-key-8f1c22"

  private static let table =
    AdmissionTable.head + """
      upstreams:
        aws: {vendor: aws.transcribe, region: eu-west-1, credential: {fields: {access_key_id: {env: ID}, secret_access_key: {env: KEY}}}}
        tencent: {vendor: tencent.asr, variables: {appid: "125922"}, credential: {fields: {secret_id: {env: ID}, secret_key: {env: KEY}}}}
        xfyun: {vendor: xfyun.iat, credential: {fields: {api_key: {env: ID}, api_secret: {env: KEY}}}}
        azure: {vendor: azure.speech, region: westeurope, credential: {env: KEY}}
        volc: {vendor: volcengine.asr, variables: {app_id: "1"}, credential: {env: KEY}}
        fish: {vendor: fish.tts, credential: {env: KEY}}
      defaults: {authentication: none, audio: {policy: reject}}
      routes:
        /aws: {upstream: aws}
        /tencent: {upstream: tencent}
        /xfyun: {upstream: xfyun}
        /azure: {upstream: azure}
        /volc: {upstream: volc}
        /fish: {upstream: fish}

      """

  private static let environment = ["ID": "canary-id-77", "KEY": canary]

  /// A whole call each: the signature is taken, audio is seen inside the frames, and words come back.
  @Test(arguments: ["aws", "tencent", "xfyun", "azure", "volc"])
  func aCall(route: String) throws {
    let gateway = try GatewayProcess(Self.table, environment: Self.environment, arguments: ["--simulate", "all"])
    let folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", Self.table)
    // Tencent takes no audio that comes faster than speech.
    let speed = route == "tencent" ? "1" : "2"
    let call = try CommandRun(
      [
        "call", "ws://127.0.0.1:\(gateway.port)/\(route)", Repository.root + "Examples/audio/booking.wav", "--config", file, "--json",
        "--speed", speed,
      ], environment: Self.environment, results: true)
    #expect(call.status == 0, "\(call.text)\n\(gateway.log)")
    #expect(call.text.contains("every word"), "\(call.text)")
    let record = try JSONValue.parse(Array(gateway.logLine(with: #""event":"session""#, #""route":"/\#(route)""#).utf8))
    #expect(record["audio_ms_up"]?.doubleValue ?? 0 > 7500, "\(record)")
    #expect(!gateway.log.contains("canary"))
  }

  /// Audio of a vendor in MessagePack.
  @Test func aSpokenText() throws {
    let gateway = try GatewayProcess(Self.table, environment: Self.environment, arguments: ["--simulate", "all"])
    let client = try AdmissionClient(gateway, UpgradeRequest("/fish"))
    #expect(client.status == 101, "\(client.answer.line)")
    for message: JSONValue in [
      ["event": "start", "request": ["text": "", "format": "pcm", "sample_rate": 24_000]], ["event": "text", "text": "good morning "],
    ] {
      guard case .binary(let bytes) = MessageFraming.messagePack.close(message, audio: []) else { continue }
      try client.send(.binary(bytes))
    }
    var audio = 0
    let path = try #require(JSONPath("audio"))
    while audio < 10_000, let event = try client.next() {
      guard case .message(.binary(let bytes)) = event else { continue }
      audio += try MessageFraming.messagePack.open(bytes[...], isText: false).bytes(at: path)?.count ?? 0
    }
    #expect(audio >= 10_000)
  }

  /// A message that is no frame is told, and the session ends.
  @Test func whatIsNoFrameIsRejected() throws {
    let gateway = try GatewayProcess(Self.table, environment: Self.environment, arguments: ["--simulate", "all"])
    let client = try AdmissionClient(
      gateway, UpgradeRequest("/aws?language-code=en-US&media-encoding=pcm&sample-rate=16000"))
    #expect(client.status == 101, "\(client.answer.line)")
    try client.send(.binary([1, 2, 3]))
    #expect(try client.close() == "1007 audio rejected: malformed_frame")
  }

  /// With a credential that lacks its fields nothing is served.
  @Test func aCredentialWithoutFields() throws {
    let table =
      AdmissionTable.head + """
        upstreams: {aws: {vendor: aws.transcribe, region: eu-west-1, credential: {env: KEY}}}
        routes: {/aws: {upstream: aws, authentication: none}}

        """
    let folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", table)
    let run = try CommandRun(["serve", "--config", file], environment: Self.environment)
    #expect(run.status != 0)
    #expect(run.text.contains("upstream 'aws': the upstream's credential has no field 'access_key_id'"), "\(run.text)")
    #expect(!run.text.contains("canary"))
  }
}
