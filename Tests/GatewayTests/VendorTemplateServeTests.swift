import FoundationEssentials
import Glibc
import JSON
import TestSupport
import Testing
import Vendors

/// `voxgate vendors`: its counts, and `--new`: a descriptor that says what it lacks, and works once it lacks nothing.
@Suite struct VendorTemplateServeTests {
  private static let rest = """
    upstreams: {fresh: {vendor: example.fresh, credential: {env: FRESH_KEY}}}
    routes: {/fresh: {upstream: fresh, authentication: none}}

    """

  private func template() throws -> String {
    let run = try CommandRun(["vendors", "--new", "example.fresh"], results: true)
    #expect(run.status == 0)
    return run.text
  }

  private func table(_ template: String) -> String { AdmissionTable.head + "vendors:\n" + template + Self.rest }

  /// Every value that is asked for, each with its line.
  @Test func checkSaysWhatIsMissing() throws {
    let folder = TemporaryFolder()
    let text = table(try template())
    let run = try CommandRun(["check", "--json", folder.write("upstreams.yaml", text)], results: true)
    #expect(run.status == 78)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    var asked: [String] = []
    for problem in try run.lines.map({ try JSONValue.parse(Array($0.utf8)) }) where problem["severity"] == "error" {
      let line = try #require(problem["line"]?.intValue)
      asked.append(String(lines[Int(line) - 1].drop { $0 == " " }))
      #expect(problem["message"]?.stringValue?.contains("vendor 'example.fresh'") == true, "\(problem.text())")
    }
    #expect(
      asked == [
        "kind:", "source:", "url:", "placement:", "client:", "server:", "discriminator:", "client:", "server:", "allowed:", "ready:",
      ], "\(run.text)")
  }

  /// Filled in as its comments say: values behind the keys, the simulator's example as it is.
  @Test func filledInItServes() throws {
    var values = [
      "kind": ["speech_to_text"], "source": ["https://docs.fresh.example"], "url": ["wss://fresh.example/v1/stream"],
      "placement": ["[{header: {name: X-Fresh-Key}}]"], "client": ["json_text+binary_audio", "binary"], "server": ["json_text"],
      "discriminator": ["[{path: type}]"], "ready": ["[{type: ready}]"],
      "allowed": [
        "{input: {pcm: {codec: pcm_s16le, rates: [16000]}}}\n      format: {query: {input: {encoding: encoding, rate: sample_rate}}}"
      ],
    ]
    var isSimulation = false
    var filled = ""
    for line in try template().split(separator: "\n").map({ String($0) }) {
      let rest = line.drop { $0 == " " }
      if rest.hasPrefix("#"), !rest.hasPrefix("##") {
        if !rest.dropFirst().hasPrefix(" ") { isSimulation = rest.hasPrefix("#simulation:") }
        if isSimulation { filled += line.replacing("#", with: "") + "\n" }
        continue
      }
      let key = String(rest.dropLast())
      guard rest.hasSuffix(":"), let choices = values[key] else {
        filled += line + "\n"
        continue
      }
      // The vendor sends no audio: that line is deleted.
      if let value = choices.first { filled += "\(line) \(value)\n" }
      values[key] = Array(choices.dropFirst())
    }
    #expect(values.values.allSatisfy(\.isEmpty) && filled.contains("\n    simulation:\n"), "\(values)\n\(filled)")
    let folder = TemporaryFolder()
    let check = try CommandRun(["check", folder.write("upstreams.yaml", table(filled))])
    #expect(check.status == 0 && check.lines.last?.contains(" 0 errors, ") == true, "\(check.text)\n\(filled)")

    let gateway = try GatewayProcess(table(filled))
    let client = try AdmissionClient(gateway, UpgradeRequest("/fresh?encoding=pcm&sample_rate=16000"))
    #expect(client.status == 101, "\(gateway.log)")
    #expect(try client.next() == .message(.text(#"{"type":"ready"}"#)))
    try client.send(.text(#"{"type":"stop"}"#))
    guard case .message(.text(let end))? = try client.next() else {
      Issue.record("no end")
      return
    }
    #expect(try JSONValue.parse(Array(end.utf8))["type"] == "end")
    #expect(try client.close() == "1000 ")
  }

  @Test func names() throws {
    for (arguments, words) in [
      (["--new", "deepgram.listen"], "is in the catalogue already"), (["--new", "Fresh Vendor"], "is no name of an endpoint"),
      (["--new", ""], "is no name of an endpoint"), (["--new", "a.b", "deepgram.listen"], "goes with neither an entry"),
    ] {
      let run = try CommandRun(["vendors"] + arguments)
      #expect(run.status == 64 && run.text.contains(words), "\(arguments): \(run.text)")
    }
  }

  // MARK: Counts

  @Test func theCountIsTheCatalogues() throws {
    let tally = VendorTally(.builtIn())
    let list = try CommandRun(["vendors"], results: true)
    #expect(list.lines.last == tally.text && list.lines.count == tally.endpoints + 1)
    let json = try CommandRun(["vendors", "--json"], results: true).lines.map { try JSONValue.parse(Array($0.utf8)) }
    #expect(json.last == tally.json && json.count == tally.endpoints + 1)
    #expect(json.dropLast().count { $0["declarative"] == true } == tally.declarative)
    let one = try JSONValue.parse(Array(CommandRun(["vendors", "--json", "deepgram.listen"], results: true).text.utf8))
    #expect(one["name"] == "deepgram.listen" && one["query"] == ["model (required)"])
  }

  /// The README says what the command says; written anew with `VOXGATE_WRITE_DOCS=1`.
  @Test func theReadmeCounts() throws {
    let count = try #require(try CommandRun(["vendors"], results: true).lines.last)
    var readme = try Repository.text("README.md")
    if unsafe getenv("VOXGATE_WRITE_DOCS") != nil {
      readme.replace(/[0-9]+ endpoints of [0-9]+ vendors: [0-9]+ declarative, [0-9]+ coded/, with: count)
      try readme.write(toFile: Repository.root + "README.md", atomically: false, encoding: .utf8)
    }
    #expect(readme.contains("\(count) (`voxgate vendors`)"), "README.md does not say '\(count)'")
  }
}
