import TestSupport
import Testing

/// Frontends that exist, as their scripts in Examples/compat play them, against gateways with the tables beside them.
struct CompatTests {
  private static let keys = [
    "DEEPGRAM_API_KEY": "canary-deepgram-key-7f1", "OPENAI_API_KEY": "canary-openai-key-c02",
    "JWT_SECRET": "canary-signing-secret-of-thirty-two-bytes-88",
  ]

  @Test(arguments: [
    ("a1_deepgram", "a1-upstreams.yaml"), ("a3_donna", "a3-upstreams.yaml"), ("a4_air_assist", "a4-upstreams.yaml"),
    ("a5_gpt_realtime", "a5-upstreams.yaml"),
  ])
  func everyRowHolds(_ script: String, _ table: String) throws {
    let environment = Self.keys.merging(["ENABLE_WS_PROXY": "true"]) { $1 }
    let program = try program(script, environment)
    let gateway = try GatewayProcess(Self.table(table, upstream: program.number(after: "upstream ")), environment: environment)
    try program.write("\(gateway.port)\n")
    let status = try program.finish()
    #expect(status == 0 && program.text.contains("ok ") && !program.text.contains("FAIL"), "\(program.text)\n\(gateway.log)")
    #expect(try gateway.stop() == 0, "\(gateway.log)")
    for secret in Self.keys.values { #expect(!gateway.log.contains(secret)) }
  }

  private func program(_ script: String, _ environment: [String: String]) throws -> ChildProcess {
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return try ChildProcess(
      ["env"] + variables + [Repository.python, "-B", "\(Repository.root)Examples/compat/\(script).py", CertificateFolder.shared.path])
  }

  /// The table with another listener, and the script in the place of every vendor.
  private static func table(_ name: String, upstream: UInt16) throws -> String {
    let stand = "variables: {host: \"localhost:\(upstream)\"}, tls: {ca: \(CertificateFolder.shared.file("ca.pem"))}, credential: "
    return try Repository.text("Examples/compat/\(name)").split(separator: "\n").map { line in
      if line.hasPrefix("listeners:") { return "listeners: [{address: \"127.0.0.1:0\"}]" }
      let line = String(line)
      guard line.contains("{vendor: "), let range = line.range(of: "credential: ") else { return line }
      return line[..<range.lowerBound] + stand + line[range.upperBound...]
    }.joined(separator: "\n")
  }

  /// D8 and D27: a route without its key says so, and the rest is served.
  @Test func withoutTheKey() throws {
    let environment = ["DEEPGRAM_API_KEY": "", "OPENAI_API_KEY": "", "JWT_SECRET": "canary-signing-secret-of-thirty-two-bytes-88"]
    let gateway = try GatewayProcess(
      Self.table("a1-upstreams.yaml", upstream: 9), environment: environment, arguments: ["--simulate", "none"])
    let client = try AdmissionClient(gateway, UpgradeRequest("/deepgram-proxy", [("Origin", "http://localhost:5173")]))
    #expect(client.status == 101)
    try client.send(.text("{}"))
    #expect(try client.close() == "1011 Server configuration error")
    #expect(try gateway.get("/health").text == #"{"status":"ok"}"#)
    #expect(try gateway.stop() == 0)
  }

  /// N1 and N20 without ENABLE_WS_PROXY.
  @Test func switchedOff() throws {
    let gateway = try GatewayProcess(
      Self.table("a3-upstreams.yaml", upstream: 9), environment: Self.keys.merging(["ENABLE_WS_PROXY": "false"]) { $1 })
    let answer = try gateway.get("/test")
    #expect(answer.status == 503)
    #expect(
      answer.text.hasPrefix(
        #"{"error":"WebSocket proxy service is currently disabled","service":"DONNA WebSocket Server","timestamp":"20"#))
    #expect(try gateway.get("/health").status == 200)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/realtime")).status == 503)
    #expect(try gateway.stop() == 0)
  }

  @Test(arguments: ["a1", "a3", "a4", "a5"]) func theirTablesAreGood(_ seed: String) throws {
    let run = try CommandRun(["check", "\(Repository.root)Examples/compat/\(seed)-upstreams.yaml"], environment: Self.keys)
    #expect(run.status == 0 && run.lines.last?.contains(" 0 errors") == true, "\(run.text)")
  }
}
