import JSON
import TestSupport
import Testing

/// Docs/Operations.md: its calls work as they stand, its answers have the members it says, and its tables are true.
@Suite struct OperationsPageTests {
  private static let page = "Docs/Operations.md"

  private static func table(_ more: String = "") -> String {
    ReloadTable.table("/deepgram-proxy: {upstream: vendor}, /other: {upstream: vendor}", more: more)
  }

  /// Runs a line of the page against a gateway.
  private static func run(_ line: String, _ gateway: GatewayProcess) throws -> JSONValue {
    try JSONValue.parse(Array(ChildProcess.run(["sh", "-c", line.replacing(":9090", with: ":\(gateway.adminPort)")]).utf8))
  }

  @Test func theCalls() throws {
    let gateway = try ReloadTable { _ in Self.table() }.gateway
    let lines = try Repository.blocks("sh", of: Self.page).flatMap { $0.split(separator: "\n") }.map { String($0) }
      .filter { $0.hasPrefix("curl ") }
    let session = try AdmissionClient(gateway, UpgradeRequest("/deepgram-proxy"))
    func answer(_ part: String) throws -> JSONValue { try Self.run(#require(lines.first { $0.contains(part) }), gateway) }
    #expect(lines.count == 5)

    let shown = try #require(Repository.blocks("json", of: Self.page).first { $0.hasPrefix(#"{"reloaded""#) })
    var reloaded = try answer("/reload")
    // Of these routes, which anybody may use.
    #expect(reloaded["warnings"]?.arrayValue?.count == 2)
    reloaded.set(.array([]), at: "warnings")
    #expect(try reloaded == JSONValue.parse(Array(shown.utf8)))
    #expect(try answer("/sessions?limit=5")["total"] == 1)
    #expect(try answer("/events?limit=5")["events"]?[0]?["event"] == "WS_CONNECTION_ESTABLISHED")
    #expect(try answer("-X DELETE") == ["closed": 1])
    #expect(try session.close() == "1008 Closed by operator")
    #expect(try answer("-X PUT").at("routes.0.enabled") == false)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/deepgram-proxy")).status == 503)
  }

  /// The members that the page names for a path are those of the answer.
  @Test func theMembers() throws {
    let gateway = try ReloadTable { _ in Self.table() }.gateway
    let session = try AdmissionClient(gateway, UpgradeRequest("/other"))
    let text = try Repository.text(Self.page)
    func members(_ value: JSONValue?) -> String { "{" + (value?.objectValue?.names ?? []).map { "\"\($0)\"" }.joined(separator: ",") + "}" }
    let listed = try #require(gateway.sessions()["sessions"]?[0])
    #expect(text.contains(#"{"total":1,"sessions":[\#(members(listed))]}"#))
    let one = try JSONValue.parse(gateway.get("/sessions/\(listed["session"]?.stringValue ?? "")", port: gateway.adminPort).body)
    #expect(text.contains(members(one["downstream"])) && one.at("upstream.name") == "vendor")
    let upstreams = try JSONValue.parse(gateway.get("/upstreams", port: gateway.adminPort).body)
    #expect(text.contains(#"{"upstreams":[\#(members(upstreams["upstreams"]?[0]))]}"#))
    let line = try #require(Repository.blocks("json", of: Self.page).first { $0.contains("capacity") })
    let capacity = try JSONValue.parse(Array(gateway.logLine(with: #""message":"capacity""#).utf8))
    let shown = try JSONValue.parse(Array(line.utf8))
    #expect(capacity.objectValue?.names == shown.objectValue?.names)
    try session.leave()
  }

  /// The drain of the page is one that the table may have.
  @Test func theDrain() throws {
    let block = try #require(Repository.blocks("yaml", of: Self.page).first { $0.hasPrefix("drain:") })
    let gateway = try ReloadTable { _ in Self.table(block) }.gateway
    gateway.terminate()
    _ = try gateway.logLine(with: #""message":"draining""#, #""limit":"51s""#)
    gateway.terminate()
    #expect(try gateway.finish() == 0)
  }
}
