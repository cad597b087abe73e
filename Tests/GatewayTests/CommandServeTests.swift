import Glibc
import JSON
import TestSupport
import Testing
import WebSocket

/// `voxgate serve` and `simulate`: starting, not starting, and the vendor's stand-ins.
@Suite struct CommandServeTests {
  private static let rest = """
    version: 1
    upstreams: {echo: {url: "ws://127.0.0.1:9/"}}
    routes: {/echo: {upstream: echo, authentication: none}}

    """

  /// A file with mistakes is told as `check` tells it, and nothing is served.
  @Test func aFileWithMistakes() throws {
    let run = try CommandRun(
      ["serve", "--config", Repository.root + "Tests/GatewayTests/Files/ten-mistakes.yaml"],
      environment: ["JWT_SECRET": "0123456789abcdef0123456789abcdef"])
    #expect(run.status == 78)
    let told = try Repository.text("Tests/GatewayTests/Files/ten-mistakes.txt").split(separator: "\n").dropLast()
    #expect(run.lines == told.map { String($0) })
  }

  @Test func whatCannotBeStarted() throws {
    let folder = TemporaryFolder()
    let taken = try RawListener()
    let own = CertificateFolder.shared
    try folder.write("garbage.pem", "garbage\n")
    let rows: [(String, String, Int32, String)] = [
      ("a port in use", #"listeners: [{address: "127.0.0.1:\#(taken.port)"}]"#, 69, "cannot listen on 127.0.0.1:\(taken.port): "),
      ("an address of others", #"listeners: [{address: "203.0.113.1:8080"}]"#, 69, "cannot listen on 203.0.113.1:8080: "),
      (
        "another's key",
        #"listeners: [{address: "127.0.0.1:0", tls: {certificate: \#(own.file("localhost.pem")), key: \#(own.file("second.key"))}}]"#,
        78, "listener 1: "
      ),
      (
        "no certificate", #"listeners: [{address: "127.0.0.1:0", tls: {certificate: garbage.pem, key: \#(own.file("second.key"))}}]"#, 78,
        "listener 1: "
      ),
      (
        "no admin token", #"listeners: [{address: "127.0.0.1:0"}]"# + "\nadmin: {address: \"127.0.0.1:0\", token: {env: NOT_SET}}", 78,
        "admin: environment variable 'NOT_SET' is not set"
      ),
    ]
    for (name, lines, status, message) in rows {
      let run = try CommandRun(["serve", "--config", folder.write("upstreams.yaml", Self.rest + lines + "\n")])
      #expect(run.status == status, "\(name): \(run.text)")
      let last = try JSONValue.parse(Array((run.lines.last ?? "").utf8))
      #expect(last["level"] == "critical" && last["error"]?.stringValue?.hasPrefix(message) == true, "\(name): \(run.text)")
    }
  }

  @Test func wrongArguments() throws {
    let rows: [([String], String)] = [
      (["serve", "--nope"], "Unknown option '--nope'"), (["nope"], "'nope'"),
      (["serve", "--simulate", "some"], "'none', 'missing' or 'all'"),
      (["serve", "upstreams.yaml"], "'upstreams.yaml'"), (["check", "a", "b"], "'b'"),
      (["vendors", "nope"], "no vendor 'nope'; expected one of "),
      (["simulate", "nope"], "no vendor 'nope'; expected one of "),
      (["simulate", "--misbehave", "x"], "'x' is no misbehaviour"),
      (["simulate", "--port", "many"], "'many'"), (["token"], "JWT_SECRET is not set"), (["token", "--expires", "soon"], "'soon'"),
      (["token", "hash"], "expected the key on standard input"), (["token", "session"], "<url>"),
    ]
    for (arguments, message) in rows {
      let run = try CommandRun(arguments)
      #expect(run.status == 64 && run.text.contains(message), "\(arguments): \(run.status) \(run.text)")
      // Errors are no results.
      #expect(try CommandRun(arguments, results: true).text == "", "\(arguments)")
    }
  }

  @Test func helpAndVersion() throws {
    #expect(try CommandRun(["--version"], results: true).text == "0.1.0\n")
    let help = try CommandRun(["--help"], results: true)
    #expect(help.status == 0)
    for command in ["serve", "check", "routes", "vendors", "probe", "call", "simulate", "token", "schema"] {
      #expect(help.text.contains("\n  \(command) "), "\(command)")
      #expect(try CommandRun([command, "--help"]).status == 0, "\(command)")
    }
  }

  @Test func theHashOfAKey() throws {
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
    #expect(try CommandRun(["token", "hash"], input: "abc\n", results: true).text == abc)
    #expect(try CommandRun(["token", "hash"], input: "abc", results: true).text == abc)
  }

  // MARK: Vendors

  @Test func theCatalogue() throws {
    let list = try CommandRun(["vendors"], results: true)
    #expect(list.status == 0)
    for name in ["deepgram.agent", "deepgram.listen", "openai.realtime"] {
      #expect(list.lines.count { $0.hasPrefix("\(name) ") } == 1, "\(name)")
      let one = try CommandRun(["vendors", name], results: true)
      #expect(one.status == 0 && one.lines.first?.hasPrefix("\(name): ") == true)
      for row in ["kind", "url", "credential", "messages"] { #expect(one.lines.contains { $0.hasPrefix("  \(row) ") }, "\(name) \(row)") }
    }
  }

  /// The example of the documentation: known to no binary, served at once by its simulator because its key is not set.
  @Test func aVendorOfOnesOwn() throws {
    let block = try #require(Repository.blocks("yaml", of: "Docs/Vendors.md").first { $0.hasPrefix("vendors:") })
    let table =
      AdmissionTable.head + block + """
        upstreams:
          own: {vendor: example.stt, credential: {env: EXAMPLE_KEY}, query: {defaults: {model: small, encoding: pcm, sample_rate: "16000"}}}
        routes:
          /own/*: {upstream: own, authentication: none}

        """
    let folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", table)
    #expect(try CommandRun(["check", file]).status == 0)
    #expect(try CommandRun(["vendors", "example.stt", "--config", file], results: true).text.contains("query         model (required)"))

    let gateway = try GatewayProcess(table)
    #expect(try gateway.logLine(with: #""route":"/own/*""#, "simulator").contains(#""level":"warning""#))
    #expect(try gateway.get("/ready").text.contains(#""/own/*":{"enabled":true,"upstream":"own","simulated":true}"#))
    for path in ["/own", "/own/v1/stream", "/own?model=large"] {
      let client = try AdmissionClient(gateway, UpgradeRequest(path))
      #expect(client.status == 101, "\(path)")
      #expect(try client.next() == .message(.text(#"{"type":"ready"}"#)))
      try client.send(.text(#"{"type":"stop"}"#))
      guard case .message(.text(let end))? = try client.next() else {
        Issue.record("\(path): no end")
        continue
      }
      #expect(try JSONValue.parse(Array(end.utf8))["type"] == "end")
      #expect(try client.close() == "1000 ")
    }
    #expect(try AdmissionClient(gateway, UpgradeRequest("/own/v2/stream")).status == 404)
  }

  /// A key that is set is the real vendor; an empty one, as `.env.example` has it, is none.
  @Test func anEmptyKeyIsNone() throws {
    let gateway = try GatewayProcess(
      try Repository.text("upstreams.yaml").replacing(":8080\"}", with: ":0\"}").replacing(":9090\"}", with: ":0\"}"),
      environment: ["DEEPGRAM_API_KEY": "", "OPENAI_API_KEY": "canary-openai-key"])
    let ready = try JSONValue.parse(gateway.get("/ready").body)
    #expect(ready["routes"]?["/deepgram-proxy"]?["simulated"] == true && ready["routes"]?["/openai-realtime"]?["simulated"] == false)
    let client = try AdmissionClient(gateway, UpgradeRequest("/deepgram-proxy"))
    #expect(client.status == 101)
    #expect(!gateway.log.contains("canary-openai-key"))
  }

  /// In production nothing stands in for a vendor unless it is said.
  @Test func productionSimulatesNothing() throws {
    let table =
      AdmissionTable.head + """
        environment: production
        trusted_proxies: [127.0.0.1]
        authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
        upstreams: {vendor: {vendor: deepgram.listen, credential: {env: NOT_SET}, query: {defaults: {model: nova-3}}}}
        routes: {/vendor: {upstream: vendor, authentication: [app]}}

        """
    let request = try UpgradeRequest("/vendor?token=\(AdmissionCredentialTests.token())")
    for (arguments, status) in [([], 503), (["--simulate", "missing"], 101)] {
      let gateway = try GatewayProcess(table, environment: ["JWT_SECRET": RefusalTests.secret], arguments: arguments)
      #expect(try AdmissionClient(gateway, request).status == status, "\(arguments)")
    }
  }

  // MARK: Simulators alone

  @Test func aSimulatorAlone() throws {
    let process = try ChildProcess(["env", "-i", Repository.voxgate, "simulate", "deepgram.listen", "--port", "0"])
    let port = try process.number(after: #""port":"#)
    func open(_ target: String, _ headers: [(String, String)] = []) throws -> RawConnection.Head {
      let connection = try RawConnection(port: port)
      try connection.send(UpgradeRequest(target, headers).text)
      return try connection.head()
    }
    #expect(try open("/v1/listen?model=nova-3").status == 401)
    #expect(try open("/v1/listen?model=nova-3", [("Authorization", "Basic x")]).status == 401)
    #expect(try open("/v1/listen?model=nova-3", [("Authorization", "Token any")]).status == 101)
    let pair = try open("/v1/listen?model=nova-3", [("Sec-WebSocket-Protocol", "token, any")])
    #expect(pair.status == 101 && pair["Sec-WebSocket-Protocol"] == ["token"])
    #expect(try open("/v1/elsewhere", [("Authorization", "Token any")]).status == 404)
    kill(process.pid, SIGTERM)
    #expect(try process.finish() == 0)
  }

  @Test func simulatorsThatMisbehave() throws {
    let process = try ChildProcess([
      "env", "-i", Repository.voxgate, "simulate", "deepgram.listen", "openai.realtime", "--port", "0", "--misbehave", "refuse:429",
    ])
    try process.wait(for: #""vendor":"openai.realtime""#)
    let first = try process.number(after: #""port":"#)
    let connection = try RawConnection(port: first)
    try connection.send(UpgradeRequest("/v1/listen?model=nova-3", [("Authorization", "Token any")]).text)
    #expect(try connection.head().status == 429)
    // The port that one has, the next cannot have.
    #expect(try CommandRun(["simulate", "deepgram.listen", "--port", "\(first)"]).status == 69)
    kill(process.pid, SIGINT)
    #expect(try process.finish() == 0)
  }
}
