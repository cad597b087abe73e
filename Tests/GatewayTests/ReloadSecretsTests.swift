import Glibc
import JSON
import TestSupport
import Testing
@testable import WebSocket

/// Reloads and the upstreams' credentials: one that is gone refuses the reload, and nothing of a refused one is used.
@Suite struct ReloadSecretsTests {
  private static let canary = "canary-reload-77"

  /// A table whose route leads to a listener of the test.
  private static func table(_ port: UInt16, _ credential: String, route: String = "/home", more: String = "") -> String {
    AdmissionTable.head + AdmissionTable.vendor(port: port) + """
      upstreams:
        home:
          vendor: test.vendor
          refresh: off
          \(credential)
      defaults: {authentication: none}
      routes: {\(route): {upstream: home}}
      \(more)

      """
  }

  /// The line of a table that has a text, from 1.
  private static func line(of text: String, in table: String) -> Int64 {
    Int64(table.split(separator: "\n", omittingEmptySubsequences: false).lastIndex { $0.contains(text) } ?? -1) + 1
  }

  /// What the upstream is shown by a session on a path.
  private func shown(_ path: String, _ gateway: GatewayProcess, _ listener: RawListener) throws -> String? {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest(path).text)
    let upstream = try UpstreamEnd(listener)
    #expect(try AdmissionClient(connection).status == 101)
    return upstream.asked["Authorization"].first
  }

  /// Every way of losing a credential.
  enum Loss: String, CaseIterable {
    case unset, blank, gone, empty, directory, command, field, second

    /// Its reference, and what it says where it is lost.
    func reference(_ file: String) -> (yaml: String, message: String) {
      switch self {
      case .unset: ("credential: {env: KEY}", "environment variable 'KEY' is not set")
      case .blank: ("credential: {env: KEY}", "{env: KEY} holds no secret, only blanks")
      case .gone: ("credential: {file: \(file)}", "secret file '\(file)' cannot be read: no such file")
      case .empty: ("credential: {file: \(file)}", "holds no secret, only blanks")
      case .directory: ("credential: {file: \(file)}", "secret file '\(file)' cannot be read: it is a directory")
      case .command: ("credential: {command: [cat, \(file)]}", "secret command 'cat' failed with exit code 1")
      case .field: ("credential: {fields: {id: {file: \(file)}}}", "secret file '\(file)' cannot be read: no such file")
      case .second: ("credentials: [{env: OTHER}, {secret: {file: \(file)}}]", "secret file '\(file)' cannot be read: no such file")
      }
    }
  }

  @Test(arguments: Loss.allCases)
  func aLostCredential(loss: Loss) throws {
    let (listener, folder) = (try RawListener(), TemporaryFolder())
    let file = folder.file("key")
    func set() throws { _ = unsafe chmod(try folder.write("key", Self.canary + "\n"), 0o600) }
    try set()
    let (credential, message) = loss.reference(file)
    let table = Self.table(listener.port, credential)
    let gateway = try GatewayProcess(table, environment: ["OTHER": "other"])
    if [.unset, .blank].contains(loss) {
      // The process has no such variable, and the first reload brings it.
      try gateway.write(".env", "KEY=\(Self.canary)\n")
      #expect(try gateway.get("/reload", port: gateway.adminPort, method: "POST").status == 200)
    }
    let before = try shown("/home", gateway, listener)
    if loss != .field { #expect(before?.hasSuffix(loss == .second ? "other" : Self.canary) == true, "\(before ?? "nothing")") }

    switch loss {
    case .unset: try gateway.write(".env", "ANOTHER=1\n")
    case .blank: try gateway.write(".env", "KEY=\"  \"\n")
    case .empty: try folder.write("key", "\n")
    case .directory:
      unsafe unlink(file)
      _ = unsafe mkdir(file, 0o700)
    case .gone, .command, .field, .second: unsafe unlink(file)
    }
    let next = Self.table(listener.port, credential, route: "/next")
    try gateway.rewrite(next)
    let answer = try gateway.get("/reload", port: gateway.adminPort, method: "POST")
    #expect(answer.status == 422, "\(answer.text)")
    let problem = try JSONValue.parse(answer.body).at("error.problems.0")
    #expect(problem?["message"]?.stringValue?.hasPrefix("upstream 'home': ") == true, "\(answer.text)")
    #expect(problem?["message"]?.stringValue?.contains(message) == true, "\(answer.text)")
    #expect(problem?["line"] == .int(Self.line(of: "credential", in: next)), "\(answer.text)")
    #expect(try gateway.logLine(with: "configuration not reloaded").contains(#""level":"error""#))

    // Nothing was changed: neither the routes nor the credential.
    #expect(try AdmissionClient(gateway, UpgradeRequest("/next")).status == 404)
    #expect(try shown("/home", gateway, listener) != nil)

    if loss == .directory { unsafe rmdir(file) }
    try set()
    try gateway.write(".env", "KEY=\(Self.canary)\n")
    #expect(try gateway.get("/reload", port: gateway.adminPort, method: "POST").status == 200)
    let after = try shown("/next", gateway, listener)
    #expect(after == before || loss == .second)
    #expect(!gateway.log.contains(Self.canary))
  }

  /// A key that came with a table which is refused for something else is not used.
  @Test func aRefusedReloadBringsNoKey() throws {
    let listener = try RawListener()
    let good = Self.table(listener.port, "credential: {env: KEY}")
    let gateway = try GatewayProcess(good)
    func reload() throws -> Int { try gateway.get("/reload", port: gateway.adminPort, method: "POST").status }
    try gateway.write(".env", "KEY=canary-first\n")
    #expect(try reload() == 200)
    #expect(try shown("/home", gateway, listener) == "Bearer canary-first")
    try gateway.rewrite(
      Self.table(listener.port, "credential: {env: KEY}", more: "authentication: {app: {type: api_key, file: gone.yaml}}"))
    try gateway.write(".env", "KEY=canary-second\n")
    #expect(try reload() == 422)
    #expect(try shown("/home", gateway, listener) == "Bearer canary-first")
    try gateway.rewrite(good)
    #expect(try reload() == 200)
    #expect(try shown("/home", gateway, listener) == "Bearer canary-second")
    #expect(!gateway.log.contains("canary-"))
  }

  /// As at the start: a credential that was never there keeps nobody from the rest, and is said.
  @Test func aCredentialThatNeverWas() throws {
    let listener = try RawListener()
    let table = Self.table(listener.port, "credential: {env: NOT_SET}")
    let gateway = try GatewayProcess(table)
    let answer = try gateway.get("/reload", port: gateway.adminPort, method: "POST")
    let warnings = try JSONValue.parse(answer.body)["warnings"]?.arrayValue ?? []
    let warning = warnings.first { $0["message"] == "upstream 'home' has no credential: every session will be refused" }
    #expect(answer.status == 200 && warning?["line"] == .int(Self.line(of: "credential: {env", in: table)), "\(answer.text)")
    #expect(try AdmissionClient(gateway, UpgradeRequest("/home")).status == 503)
  }

  /// What was agreed with an upstream shortens the next handshake, whatever else a reload has changed; with another trust it does not.
  @Test func resumption() throws {
    let (own, folder) = (CertificateFolder.shared, TemporaryFolder())
    let server = try ChildProcess([
      "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", own.file("localhost.pem"), "-key", own.file("localhost.key"),
    ])
    let port = try server.number(after: "ACCEPT 127.0.0.1:")
    func trust(_ names: String...) throws {
      let texts = try names.map { try ChildProcess.run(["cat", own.file("\($0).pem")]) }
      try folder.write("next", texts.joined())
      #expect(unsafe rename(folder.file("next"), folder.file("ca.pem")) == 0)
    }
    try trust("ca")
    func table(_ route: String) -> String {
      AdmissionTable.head + """
        upstreams: {own: {url: "wss://localhost:\(port)/", tls: {ca: \(folder.file("ca.pem"))}, timeouts: {dial: 500ms}}}
        defaults: {authentication: none}
        routes: {\(route): {upstream: own}}

        """
    }
    let gateway = try GatewayProcess(table("/a"))
    func reload(_ route: String) throws {
      try gateway.rewrite(table(route))
      #expect(try gateway.get("/reload", port: gateway.adminPort, method: "POST").status == 200)
    }
    // It takes the handshake, and says nothing of the upgrade.
    func dial(_ path: String, resumes: Bool) throws {
      let seen = server.text.count
      #expect(try AdmissionClient(gateway, UpgradeRequest(path)).status == 504)
      try server.wait(for: "Host: localhost")
      #expect(server.text.dropFirst(seen).contains("Reused session-id") == resumes, "\(path): \(server.text.dropFirst(seen))")
    }
    try dial("/a", resumes: false)
    try reload("/b")
    try dial("/b", resumes: true)
    try trust("ca", "rogue-ca")
    try reload("/c")
    try dial("/c", resumes: false)
  }

  /// Where simulators stand in for everybody, nobody's credential is missed.
  @Test func simulatorsNeedNone() throws {
    let table = try ReloadTable { _ in ReloadTable.table("/a: {upstream: vendor}").replacing("{env: K}", with: "{env: KEY}") }
    try table.gateway.write(".env", "KEY=k\n")
    #expect(try table.reload().status == 200)
    try table.gateway.write(".env", "ANOTHER=1\n")
    #expect(try table.reload().status == 200 && table.status("/a") == 101)
  }
}
