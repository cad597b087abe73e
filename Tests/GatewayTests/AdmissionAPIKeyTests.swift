import TestSupport
import Testing
import Tokens

/// API keys of a file: who they are for, where SDKs put them, and what happens when the file changes under a running gateway.
@Suite struct AdmissionAPIKeyTests {
  private static let kiosk = "canary-kiosk-key-0123456789", server = "canary-server-key-9876543210", late = "canary-late-key-5555555555"

  private static func hash(_ key: String) -> String { SHA256.hex(Array(key.utf8)) }

  private static func entry(_ key: String, _ subject: String, _ more: String = "") -> String {
    "  - {sha256: \(hash(key)), subject: \(subject)\(more)}\n"
  }

  private let folder = TemporaryFolder()
  private let gateway: GatewayProcess

  init() throws {
    let file = try folder.write(
      "keys.yaml",
      "keys:\n" + Self.entry(Self.kiosk, "kiosk") + Self.entry(Self.server, "server", ", tier: gold, routes: [/listen]")
        + Self.entry("canary-old", "old", ", expires: 2020-01-01"))
    gateway = try GatewayProcess(
      AdmissionTable.head + """
        authentication: {keys: {type: api_key, file: \(file)}}
        tiers:
          free: {opens: {api_key: 100/1h}}
          gold: {opens: {api_key: 500/1h}}
        upstreams:
          vendor: {vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: nova-3}}}
          openai: {vendor: openai.realtime, credential: {env: VENDOR_KEY}}
        defaults: {authentication: [keys], tier: free}
        routes:
          /listen: {upstream: vendor}
          /openai: {upstream: openai}

        """, environment: ["VENDOR_KEY": "k"], arguments: ["--simulate", "all"])
  }

  private func status(_ key: String, _ path: String = "/listen") throws -> Int {
    try AdmissionClient(gateway, UpgradeRequest(path, [("Authorization", "Bearer \(key)")])).status
  }

  @Test func whoMay() throws {
    #expect(try status(Self.kiosk) == 101 && status(Self.kiosk, "/openai") == 101)
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"kiosk""#))
    let server = try AdmissionClient(gateway, UpgradeRequest("/listen", [("Authorization", "Token \(Self.server)")]))
    #expect(server.status == 101 && server.answer["RateLimit-Limit"] == ["500"])
    #expect(try status(Self.server, "/openai") == 403)
    #expect(try status("canary-old") == 401 && status("canary-guess") == 401)
    for error in ["expired", "unknown_key", "route_not_allowed"] { _ = try gateway.logLine(with: #""error":"\#(error)""#) }
    // The hash of a key is no key.
    #expect(try status(Self.hash(Self.kiosk)) == 401)
    #expect(!gateway.log.contains("canary-") && !gateway.log.contains(Self.hash(Self.kiosk)))
  }

  /// Where the vendors' SDKs put a key.
  @Test func everyPlace() throws {
    let rows = [
      UpgradeRequest("/openai", [("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.\(Self.kiosk)")]),
      UpgradeRequest("/listen", [("Sec-WebSocket-Protocol", "token, \(Self.kiosk)")]), UpgradeRequest("/listen?token=\(Self.kiosk)"),
      UpgradeRequest("/listen", [("Authorization", "Token \(Self.kiosk)")]),
    ]
    for request in rows { #expect(try AdmissionClient(gateway, request).status == 101, "\(request.text)") }
    #expect(!gateway.log.contains(Self.kiosk))
  }

  @Test func aFileThatChanges() throws {
    #expect(try status(Self.late) == 401)
    try folder.write("keys.yaml", "keys:\n" + Self.entry(Self.late, "late"))
    try gateway.waitForLog("api keys replaced")
    #expect(try status(Self.late) == 101 && status(Self.kiosk) == 401)
    // A slip of the pen changes nothing, and nothing of it is said.
    try folder.write("keys.yaml", "keys:\n  - {sha256: \(Self.kiosk), subject: kiosk}\n")
    try gateway.waitForLog("api keys not replaced")
    #expect(try status(Self.late) == 101 && status(Self.kiosk) == 401)
    try folder.write("keys.yaml", "keys: []\n")
    try gateway.waitForLog("api keys replaced")
    #expect(try status(Self.late) == 401)
    #expect(!gateway.log.contains("canary-"))
  }

  /// From the command line to a file that works.
  @Test func theHashOfTheCommand() throws {
    let child = try ChildProcess([Repository.voxgate, "token", "hash"])
    try child.write(Self.late + "\n")
    #expect(try child.finish() == 0)
    #expect(child.text == Self.hash(Self.late) + "\n")
  }

  @Test func aFileThatIsBrokenFromTheStart() throws {
    let file = try folder.write("broken.yaml", "keys: [{sha256: \(Self.kiosk), subject: kiosk}]\n")
    let run = try CommandRun([
      "serve", "--config",
      folder.write(
        "table.yaml",
        """
        version: 1
        listeners: [{address: "127.0.0.1:0"}]
        authentication: {keys: {type: api_key, file: \(file)}}
        upstreams: {a: {url: "ws://127.0.0.1:9"}}
        routes: {/a: {upstream: a, authentication: [keys]}}
        """),
    ])
    #expect(run.status != 0 && run.text.contains("authentication 'keys'") && run.text.contains("sha256"), "\(run.text)")
    #expect(!run.text.contains(Self.kiosk))
  }
}
