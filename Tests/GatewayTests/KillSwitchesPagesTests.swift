import Glibc
import JSON
import TestSupport
import Testing

/// Turning routes and the whole gateway off and on: by the table, by a file, by a call.
@Suite struct KillSwitchesPagesTests {
  private static let token = "canary-admin-token-0123456789"

  private static func table(_ settings: String = "", admin: String = "") -> String {
    """
    version: 1
    listeners: [{address: "127.0.0.1:0"}]
    admin: {address: "127.0.0.1:0"\(admin)}
    upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
    defaults: {authentication: none}
    routes: {/a: {upstream: vendor}, /b/*: {upstream: vendor}, /off: {upstream: vendor, enabled: false}}
    \(settings)

    """
  }

  private static func start(_ table: String, _ environment: [String: String] = [:]) throws -> GatewayProcess {
    try GatewayProcess(table, environment: ["K": "k", "ADMIN": token].merging(environment) { $1 }, arguments: ["--simulate", "all"])
  }

  private static func status(_ gateway: GatewayProcess, _ path: String) throws -> Int {
    let client = try AdmissionClient(gateway, UpgradeRequest(path))
    if client.status != 101 { try RefusalTests.check(client.answer, 503, "disabled", path) }
    return client.status
  }

  @discardableResult
  static func put(
    _ gateway: GatewayProcess, _ path: String, _ body: String, _ headers: [(String, String)] = [], method: String = "PUT"
  ) throws -> RawConnection.Head {
    let connection = try RawConnection(port: gateway.adminPort)
    let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    try connection.send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(lines)\r\n")
    // Apart from the head, as some clients send it.
    try connection.send(body)
    return try connection.head()
  }

  private static func routes(_ gateway: GatewayProcess) throws -> [String: [JSONValue]] {
    let page = try JSONValue.parse(gateway.get("/routes", port: gateway.adminPort).body)
    var found: [String: [JSONValue]] = ["": page["off_by"]?.arrayValue ?? []]
    for route in page["routes"]?.arrayValue ?? [] { found[route["path"]?.stringValue ?? "?"] = route["off_by"]?.arrayValue ?? [] }
    return found
  }

  @Test func byCall() throws {
    let gateway = try Self.start(Self.table())
    #expect(try Self.routes(gateway) == ["": [], "/a": [], "/b/*": [], "/off": ["configuration"]])
    let session = try AdmissionClient(gateway, UpgradeRequest("/a"))
    let answer = try Self.put(gateway, "/routes/a/enabled", "false")
    #expect(answer.status == 200 && answer["Content-Type"] == ["application/json"])
    #expect(try JSONValue.parse(answer.body).at("routes.0.enabled") == false)
    #expect(try Self.status(gateway, "/a") == 503)
    #expect(try Self.status(gateway, "/b/v1/listen") == 101)
    try Self.put(gateway, "/routes/b/%2A/enabled", " false\n")
    #expect(try Self.status(gateway, "/b/v1/listen") == 503)
    #expect(try Self.routes(gateway) == ["": [], "/a": ["admin"], "/b/*": ["admin"], "/off": ["configuration"]])
    let ready = try JSONValue.parse(gateway.get("/ready").body)
    #expect(ready["routes"]?["/a"]?["enabled"] == false && ready["services"]?["vendor"]?["path"] == .null)
    try Self.put(gateway, "/routes/a/enabled", "true")
    try Self.put(gateway, "/routes/b/*/enabled", "true")
    #expect(try Self.status(gateway, "/a") == 101 && Self.status(gateway, "/b/v1/listen") == 101)
    // What the table says is off stays off.
    try Self.put(gateway, "/routes/off/enabled", "true")
    #expect(try Self.status(gateway, "/off") == 503)
    // Everything at once; whoever is in goes on.
    try Self.put(gateway, "/enabled", "false")
    #expect(try Self.status(gateway, "/a") == 503)
    #expect(try Self.routes(gateway)[""] == ["admin"])
    #expect(try gateway.get("/health").status == 200)
    let off = try gateway.get("/ready")
    #expect(off.status == 503 && off.text == #"{"status":"disabled"}"#)
    try session.send(.binary(Array(repeating: 0, count: 640)))
    try session.leave()
    try Self.put(gateway, "/enabled", "true")
    #expect(try Self.status(gateway, "/a") == 101)
    _ = try gateway.logLine(with: #""message":"switched""#, #""route":"/a""#, #""enabled":false"#)
    // Not at the clients' address.
    #expect(try gateway.get("/routes").status == 404)
    #expect(try gateway.get("/enabled", method: "PUT").status == 404)
  }

  @Test func whatIsNoCall() throws {
    let gateway = try Self.start(Self.table())
    for (path, body, status) in [
      ("/routes/nowhere/enabled", "false", 404), ("/routes/enabled", "false", 404), ("/routes//enabled", "false", 404),
      ("/enabled", "", 400), ("/enabled", "off", 400), ("/enabled", "falsefalse", 400),
      ("/enabled", String(repeating: " ", count: 65), 400),
      ("/routes/a/enabled", "0", 400), ("/routes", "false", 405), ("/enabled/", "false", 404),
    ] {
      #expect(try Self.put(gateway, path, body).status == status, "\(path) \(body.prefix(20))")
    }
    #expect(try Self.put(gateway, "/enabled", "false", method: "POST").status == 405)
    #expect(try gateway.get("/enabled", port: gateway.adminPort)["Allow"] == ["PUT"])
    #expect(try Self.put(gateway, "/enabled", "", [("Transfer-Encoding", "chunked")]).status == 400)
    // A body that is announced and does not come to its end.
    let half = try RawConnection(port: gateway.adminPort)
    try half.send("PUT /enabled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nfal")
    half.finish()
    _ = try half.takeRest()
    #expect(try Self.routes(gateway)[""] == [] && Self.status(gateway, "/a") == 101)
  }

  @Test func withToken() throws {
    let gateway = try Self.start(Self.table(admin: ", token: {env: ADMIN}"))
    #expect(try Self.put(gateway, "/enabled", "false").status == 401)
    #expect(try Self.put(gateway, "/enabled", "false", [("Authorization", "Bearer x")]).status == 401)
    #expect(try gateway.get("/routes", port: gateway.adminPort).status == 401)
    #expect(try Self.status(gateway, "/a") == 101)
    #expect(try Self.put(gateway, "/enabled", "false", [("Authorization", "Bearer \(Self.token)")]).status == 200)
    #expect(try Self.status(gateway, "/a") == 503)
  }

  @Test func byEnvironment() throws {
    let settings = "enabled: ${ENABLE_GATEWAY}"
    let off = try Self.start(Self.table(settings))
    #expect(try Self.status(off, "/a") == 503)
    #expect(try Self.routes(off)[""] == ["environment"])
    // One source does not undo another.
    try Self.put(off, "/enabled", "true")
    #expect(try Self.status(off, "/a") == 503)
    #expect(try Self.status(Self.start(Self.table(settings), ["ENABLE_GATEWAY": "true"]), "/a") == 101)
    #expect(try Self.status(Self.start(Self.table("enabled: false")), "/a") == 503)
  }

  @Test func byFile() throws {
    let folder = TemporaryFolder()
    let path = try folder.write("switches", "# for the night\n/a\n/gone\nrubbish\n")
    let gateway = try Self.start(Self.table("switches_file: \(path)"))
    // In force from the first connection on.
    #expect(try Self.status(gateway, "/a") == 503)
    #expect(try Self.status(gateway, "/b/v1/listen") == 101)
    _ = try gateway.logLine(with: "switches file", "no route '/gone'")
    _ = try gateway.logLine(with: "switches file", "line 4: 'rubbish' is neither a path nor 'all'")
    func becomes(_ expected: [String: [JSONValue]], _ what: String) throws {
      for _ in 0..<1_000 where try Self.routes(gateway) != expected { usleep(20_000) }
      #expect(try Self.routes(gateway) == expected, "\(what)")
    }
    try folder.write("switches", "- /b/*\n")
    try becomes(["": [], "/a": [], "/b/*": ["file"], "/off": ["configuration"]], "another route")
    // A call does not undo the file, nor the file a call.
    try Self.put(gateway, "/routes/b/*/enabled", "true")
    try Self.put(gateway, "/routes/a/enabled", "false")
    try folder.write("switches", "all\n")
    try becomes(["": ["file"], "/a": ["admin"], "/b/*": [], "/off": ["configuration"]], "all")
    #expect(try Self.status(gateway, "/b/v1/listen") == 503)
    _ = unsafe unlink(path)
    try becomes(["": [], "/a": ["admin"], "/b/*": [], "/off": ["configuration"]], "no file")
    #expect(try Self.status(gateway, "/b/v1/listen") == 101)
    // What cannot be read changes nothing.
    try folder.write("switches", "/b/*\n")
    try becomes(["": [], "/a": ["admin"], "/b/*": ["file"], "/off": ["configuration"]], "again")
    _ = unsafe unlink(path)
    _ = unsafe mkdir(path, 0o700)
    _ = try gateway.logLine(with: "switches file", "it is a directory")
    #expect(try Self.routes(gateway)["/b/*"] == ["file"])
  }
}
