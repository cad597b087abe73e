import JSON
import TestSupport
import Testing

/// `voxgate check`, `routes` and `schema`: what operators are told of their file.
@Suite struct CommandCheckTests {
  private static let mistakes = Repository.root + "Tests/GatewayTests/Files/ten-mistakes.yaml"
  private static let environment = ["JWT_SECRET": "0123456789abcdef0123456789abcdef"]

  /// Each with its place, its line and a caret.
  @Test func tenMistakesAtOnce() throws {
    let run = try CommandRun(["check", Self.mistakes], environment: Self.environment)
    #expect(run.status == 78)
    #expect(try run.text == Repository.text("Tests/GatewayTests/Files/ten-mistakes.txt"))
    // All of it is a problem, nothing a result.
    #expect(try CommandRun(["check", Self.mistakes], environment: Self.environment, results: true).text == "")
  }

  @Test func tenMistakesForScripts() throws {
    let run = try CommandRun(["check", "--json", Self.mistakes], environment: Self.environment, results: true)
    #expect(run.status == 78)
    let problems = try run.lines.map { try JSONValue.parse(Array($0.utf8)) }
    #expect(problems.map { $0["line"]?.intValue } == [3, 4, 5, 6, 8, 10, 12, 12, 14, 15])
    #expect(problems.map { $0["column"]?.intValue } == [14, 23, 18, 19, 55, 26, 22, 50, 56, 22])
    for problem in problems {
      #expect(problem["severity"] == "error" && problem["message"]?.stringValue?.isEmpty == false)
      #expect(problem["file"] == "Tests/GatewayTests/Files/ten-mistakes.yaml")
    }
    #expect(problems.compactMap { $0["suggestion"]?.stringValue } == ["production", "10.0.0.0/8", "deepgram.listen", "tier", "deepgram"])
    // A key that was written into the file is not shown once more.
    #expect(!run.text.contains("0123456789abcdef0123456789abcdef01234567"))
  }

  @Test func theRepositorysOwnTable() throws {
    let run = try CommandRun(["check", Repository.root + "upstreams.yaml"])
    #expect(run.status == 0)
    #expect(run.lines.last == "upstreams.yaml: 0 errors, 3 warnings")
    #expect(run.lines.count { $0.contains(": warning: ") } == 3 && !run.text.contains(": error: "))
  }

  @Test func whatIsNoTable() throws {
    let folder = TemporaryFolder()
    let rows: [(String, String?, String)] = [
      ("missing.yaml", nil, "error: cannot be read: no such file"), ("empty.yaml", "", "error: "),
      ("list.yaml", "- version: 1\n", "error: "),
      ("broken.yaml", "version: 1\nroutes: {/a: {upstream: b\n", "error: "), ("tab.yaml", "version: 1\n\troutes: {}\n", "error: "),
      ("binary.yaml", "\u{0}\u{1}\u{2}", "error: "), ("bomb.yaml", "a: &a [x, x]\nb: &b [*a, *a, *a]\nversion: *b\n", "error: "),
    ]
    for (name, text, message) in rows {
      if let text { try folder.write(name, text) }
      for command in [["check", folder.file(name)], ["routes", "--config", folder.file(name)], ["serve", "--config", folder.file(name)]] {
        let run = try CommandRun(command)
        #expect(run.status == 78, "\(command[0]) \(name)")
        #expect(run.text.contains("\(folder.file(name)):") && run.text.contains(message), "\(command[0]) \(name): \(run.text)")
      }
    }
    #expect(try CommandRun(["check", folder.path]).status == 78)
  }

  // MARK: Routes

  private static let table = """
    version: 1
    listeners: [{address: "127.0.0.1:0"}]
    authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
    tiers: {small: {opens: {ip: 5/1m}}}
    upstreams:
      deepgram: {vendor: deepgram.listen, credential: {env: DEEPGRAM_API_KEY}}
      filed: {vendor: openai.realtime, credential: {file: key}}
      echo: {url: "ws://127.0.0.1:9/echo"}
    routes:
      /listen: {upstream: deepgram, authentication: [app], origins: ["https://a.example.com", "https://*.example.org"], tier: small}
      /talk/*: {upstream: filed, authentication: none, enabled: "${TALK}"}
      /echo: {upstream: echo, authentication: none}

    """

  @Test func routesWithoutTheirSecrets() throws {
    let folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", Self.table)
    try folder.write("key", "canary-file-key\n")
    try folder.write(".env", "DEEPGRAM_API_KEY=canary-env-key\nJWT_SECRET=0123456789abcdef0123456789abcdef\nTALK=true\n")
    let run = try CommandRun(["routes", "--config", file], results: true)
    #expect(run.status == 0)
    let cells = run.lines.map { line in line.split(separator: "  ").map { $0.drop { $0 == " " } } }
    #expect(
      cells == [
        ["route", "upstream", "to", "credential", "enabled", "authentication", "origins", "tier"],
        [
          "/listen", "deepgram", "deepgram.listen", "{env: DEEPGRAM_API_KEY} set", "true", "app",
          "https://a.example.com https://*.example.org", "small",
        ],
        ["/talk/*", "filed", "openai.realtime", "{file: \(folder.file("key"))} set", "true", "none", "none", "none"],
        ["/echo", "echo", "ws://127.0.0.1:9/echo", "none", "true", "none", "none", "none"],
      ])
    #expect(!run.text.contains("canary"))

    let json = try CommandRun(["routes", "--json", "--config", file], environment: ["TALK": "false"], results: true)
    let rows = try json.lines.map { try JSONValue.parse(Array($0.utf8)) }
    #expect(
      rows.first == [
        "route": "/listen", "upstream": "deepgram", "to": "deepgram.listen", "credential": "{env: DEEPGRAM_API_KEY} set", "enabled": true,
        "authentication": ["app"], "origins": ["https://a.example.com", "https://*.example.org"], "tier": "small",
      ])
    // The real environment wins over the file.
    #expect(rows.map { $0["enabled"] } == [true, false, true])
    #expect(rows.map { $0["credential"]?.isNull } == [false, false, true])
    #expect(!json.text.contains("canary"))

    let unset = try CommandRun(["routes", "--config", file], environment: ["DEEPGRAM_API_KEY": ""], results: true)
    #expect(unset.text.contains("{env: DEEPGRAM_API_KEY} not set"))
  }

  @Test func theSchema() throws {
    let run = try CommandRun(["schema"], results: true)
    let committed = try Repository.text("Docs/upstreams.schema.json")
    #expect(run.status == 0 && run.text == committed)
  }
}
