import JSON
import TestSupport
import Testing

/// `voxgate token`: what it mints is what a route takes.
@Suite struct CommandTokenTests {
  private static let environment = ["JWT_SECRET": RefusalTests.secret]

  private static let table =
    AdmissionTable.head + """
      authentication:
        login: {type: jwt, secret: {env: JWT_SECRET}}
        pages: {type: session_token, path: /api/token, authentication: [login]}
      upstreams: {vendor: {vendor: deepgram.listen, credential: {env: NOT_SET}, query: {defaults: {model: nova-3}}}}
      routes:
        /listen: {upstream: vendor, authentication: [pages]}
        /direct: {upstream: vendor, authentication: [login]}

      """

  private func jwt(_ arguments: [String] = []) throws -> String {
    let run = try CommandRun(["token"] + arguments, environment: Self.environment, results: true)
    #expect(run.status == 0)
    return run.lines.first ?? ""
  }

  private func claims(_ token: String) throws -> JSONValue {
    let parts = token.split(separator: ".")
    #expect(parts.count == 3)
    return try JSONValue.parse(#require(Base64URL.decode(String(parts[1]))))
  }

  @Test func whatAJWTClaims() throws {
    let claims = try claims(
      jwt(["--sub", "ann", "--iss", "me", "--aud", "voice", "--expires", "60", "--claim", "tier=gold", "--claim", #"routes=["/a"]"#]))
    #expect(claims["sub"] == "ann" && claims["iss"] == "me" && claims["aud"] == "voice" && claims["tier"] == "gold")
    #expect(claims["routes"] == ["/a"])
    #expect((claims["exp"]?.intValue ?? 0) - (claims["iat"]?.intValue ?? 0) == 60)
    let wrong = try CommandRun(["token", "--claim", "tier"], environment: Self.environment)
    #expect(wrong.status == 64 && wrong.text.contains("expected NAME=VALUE"))
  }

  /// From the login's token to a page's, and with it into a session, once.
  @Test func aSessionToken() throws {
    let gateway = try GatewayProcess(Self.table, environment: Self.environment)
    let login = try jwt()
    #expect(try AdmissionClient(gateway, UpgradeRequest("/direct?token=\(login)")).status == 101)
    let address = "http://127.0.0.1:\(gateway.port)/api/token"
    let run = try CommandRun(["token", "session", address + "?route=/listen", "--token", login])
    #expect(run.status == 0 && run.text.contains("good until 2"), "\(run.text)")
    let token = try #require(run.lines.first { !$0.contains(" ") })
    #expect(try AdmissionClient(gateway, UpgradeRequest("/listen?token=\(token)")).status == 101)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/listen?token=\(token)")).status == 401)
    let results = try CommandRun(["token", "session", address, "--token", login], results: true)
    #expect(results.lines.count == 1)
  }

  @Test func whyThereIsNone() throws {
    let gateway = try GatewayProcess(Self.table, environment: Self.environment)
    let nobody = try RawListener(listening: false)
    let rows: [([String], Int32, String)] = [
      (["http://127.0.0.1:\(gateway.port)/api/token"], 69, "status 401"),
      (["http://127.0.0.1:\(gateway.port)/api/token", "--token", "canary-of-a-token"], 69, "status 401"),
      (["http://127.0.0.1:\(gateway.port)/api/nowhere"], 69, "status 404; no session_token method has this path"),
      (["http://127.0.0.1:\(nobody.port)/api/token"], 69, "unreachable: Connection refused"),
      (["ftp://127.0.0.1/api/token"], 69, "the url has a bad scheme; expected one such as http://"),
    ]
    for (arguments, status, message) in rows {
      let run = try CommandRun(["token", "session"] + arguments)
      #expect(run.status == status && run.text.contains(message), "\(arguments): \(run.status) \(run.text)")
      #expect(!run.text.contains("canary"))
      #expect(try CommandRun(["token", "session"] + arguments, results: true).text == "")
    }
  }
}
