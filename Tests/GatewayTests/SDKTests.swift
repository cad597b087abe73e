import JSON
import TestSupport
import Testing

/// The vendors' own packages for Python, with nothing changed but their URL and what they take for a key, through the gateway.
@Suite struct SDKTests {
  struct SDK: Sendable, CustomTestStringConvertible {
    /// The example's file, without its ending.
    var name: String
    var upstream: String
    var vendor: String
    /// The vendor's URL behind the host.
    var path: String
    /// Where the vendor's credential stands in the upgrade request: the header, and the text before the key.
    var header: (name: String, prefix: String)
    /// The package speaks `wss` only.
    var isSecure = false

    var testDescription: String { name }
  }

  static let all: [SDK] = [
    SDK(
      name: "deepgram_listen", upstream: "deepgram", vendor: "deepgram.listen", path: "/v1/listen", header: ("Authorization", "Token ")),
    SDK(
      name: "deepgram_agent", upstream: "deepgram-agent", vendor: "deepgram.agent", path: "/v1/agent/converse",
      header: ("Authorization", "Token ")),
    SDK(
      name: "openai_realtime", upstream: "openai", vendor: "openai.realtime", path: "/v1/realtime", header: ("Authorization", "Bearer ")),
    SDK(
      name: "assemblyai_streaming", upstream: "assemblyai", vendor: "assemblyai.streaming", path: "/v3/ws", header: ("Authorization", "")),
    SDK(
      name: "elevenlabs_tts", upstream: "elevenlabs", vendor: "elevenlabs.tts", path: "/v1/text-to-speech/{voice_id}/{stream}",
      header: ("xi-api-key", ""), isSecure: true),
    SDK(
      name: "elevenlabs_scribe", upstream: "elevenlabs-scribe", vendor: "elevenlabs.scribe", path: "/v1/speech-to-text/realtime",
      header: ("xi-api-key", "")),
    SDK(name: "cartesia_tts", upstream: "cartesia", vendor: "cartesia.tts", path: "/tts/websocket", header: ("Authorization", "Bearer ")),
    SDK(
      name: "google_live", upstream: "google", vendor: "gemini.live",
      path: "/ws/google.ai.generativelanguage.{version}.GenerativeService.{method}", header: ("x-goog-api-key", ""), isSecure: true),
    SDK(
      name: "speechmatics_rt", upstream: "speechmatics", vendor: "speechmatics.realtime", path: "/v2", header: ("Authorization", "Bearer ")),
  ]

  private static let vendorKey = "canary-vendor-key-7c1e0"
  private let certificates = CertificateFolder.shared

  /// The examples' own route table, on ports of the system's choice.
  private func table(_ sdk: SDK) throws -> String {
    let certificate = certificates.file("localhost.pem"), key = certificates.file("localhost.key")
    let tls = sdk.isSecure ? ", tls: {certificate: \(certificate), key: \(key)}" : ""
    let text = try Repository.text("Examples/sdks/upstreams.yaml")
    let listener = #"listeners: [{address: "127.0.0.1:8080"}]"#
    #expect(text.contains(listener))
    return text.replacing(
      listener, with: "listeners: [{address: \"127.0.0.1:0\"\(tls)}]\nadmin: {address: \"127.0.0.1:0\"}\nlogging: {level: trace}")
  }

  private func start(_ sdk: SDK, _ gateway: GatewayProcess, token: String) throws -> ChildProcess {
    try ChildProcess([
      "env", "VOXGATE_HOST=localhost:\(gateway.port)", "VOXGATE_TOKEN=\(token)", "SSL_CERT_FILE=\(certificates.file("ca.pem"))",
      Repository.python, Repository.root + "Examples/sdks/\(sdk.name).py",
    ])
  }

  /// The simulator takes the vendor's credential in its place, once, and nothing else for one.
  @Test(arguments: all)
  func talksToTheSimulator(sdk: SDK) throws {
    let gateway = try GatewayProcess(
      table(sdk), environment: ["JWT_SECRET": RefusalTests.secret], arguments: ["--simulate", "all"])
    let token = try AdmissionCredentialTests.token()
    let example = try start(sdk, gateway, token: token)
    #expect(try example.finish() == 0, "\(example.text)\n\(gateway.log)")
    let closed = try gateway.logLine(with: "WS_CONNECTION_CLOSED")
    let metrics = try gateway.metrics()
    let route = "/\(sdk.upstream)/*"
    #expect(metrics["voxgate_sessions_opened_total{route=\"\(route)\",upstream=\"\(sdk.upstream)\"}"] == 1, "\(closed)")
    #expect(metrics.samples.keys.filter { $0.hasPrefix("voxgate_refusals_total") } == [], "\(gateway.log)")
    #expect(closed.contains(#""code":1000"#), "\(closed)")
    #expect(!gateway.log.contains(token))
    for part in token.split(separator: ".").dropFirst() { #expect(!gateway.log.contains(part)) }
  }

  /// The same request, seen as it comes: the vendor's key is there once and the client's token not at all.
  @Test(arguments: all)
  func theUpstreamSeesTheVendorsKeyAlone(sdk: SDK) throws {
    let upstream = try RawListener()
    let key = "{vendor: \(sdk.vendor), "
    let own = try table(sdk)
    #expect(own.contains(key))
    let vendors = """
      vendors:
        recorded.\(sdk.name): {like: \(sdk.vendor), endpoint: {url: "ws://{host}\(sdk.path)"}}

      """
    let names = ["DEEPGRAM", "OPENAI", "ASSEMBLYAI", "ELEVENLABS", "CARTESIA", "GEMINI", "SPEECHMATICS"]
    let keys = names.map { ($0 + "_API_KEY", Self.vendorKey) }
    let gateway = try GatewayProcess(
      own.replacing(key, with: "{vendor: recorded.\(sdk.name), variables: {host: \"127.0.0.1:\(upstream.port)\"}, ") + vendors,
      environment: Dictionary(keys) { $1 }.merging(["JWT_SECRET": RefusalTests.secret]) { $1 })
    let token = try AdmissionCredentialTests.token()
    let example = try start(sdk, gateway, token: token)
    let head = try upstream.accept().head()
    let text = ([head.line] + head.headers.map { "\($0.name): \($0.value)" }).joined(separator: "\n")
    #expect(head[sdk.header.name] == [sdk.header.prefix + Self.vendorKey], "\(text)")
    #expect(text.split(separator: "\n").filter { $0.contains(Self.vendorKey) }.count == 1, "\(text)")
    #expect(!text.contains(token), "\(text)")
    for part in token.split(separator: ".").dropFirst() { #expect(!text.contains(part), "\(text)") }
    // Nobody waits for an answer that does not come.
    withExtendedLifetime(example) {}
  }
}
