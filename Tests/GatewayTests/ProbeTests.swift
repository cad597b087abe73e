import JSON
import TestSupport
import Testing
import WebSocket
@testable import Gateway

/// `voxgate probe`: how far a dial comes, and in clear words why no further.
@Suite struct ProbeTests {
  private static let key = "canary-probe-key-51d7"

  private struct Row {
    let route: String
    let upstream: String
    /// What it ends with.
    let stage: ProbeResult.Stage
    let problem: String
  }

  private static func table(_ rows: [Row], vendors: String = "") -> String {
    let upstreams = rows.enumerated().map { "  u\($0): {\($1.upstream)}\n" }.joined()
    let routes = rows.enumerated().map { "  \($1.route): {upstream: u\($0)}\n" }.joined()
    return AdmissionTable.head + vendors + "defaults: {authentication: none}\nupstreams:\n\(upstreams)routes:\n\(routes)"
  }

  private func run(_ rows: [Row], vendors: String = "", _ arguments: [String] = []) throws -> (
    status: Int32, results: [JSONValue], text: String
  ) {
    let folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", Self.table(rows, vendors: vendors))
    let run = try CommandRun(["probe", "--json", "--config", file] + arguments, environment: ["VENDOR_KEY": Self.key], results: true)
    return (run.status, try run.lines.map { try JSONValue.parse(Array($0.utf8)) }, run.text)
  }

  private func judge(_ rows: [Row], _ results: [JSONValue], _ text: String) {
    #expect(results.count == rows.count, "\(text)")
    for (row, result) in zip(rows, results) {
      #expect(result["route"]?.stringValue == row.route)
      let stages = ["reached", "authenticated", "ready"].map { result[$0]?.boolValue ?? false }
      #expect(stages == [row.stage >= .reached, row.stage >= .authenticated, row.stage >= .ready], "\(result.text())")
      let problem = result["problem"]?.stringValue ?? ""
      #expect(row.problem.isEmpty ? problem.isEmpty : problem.contains(row.problem), "expected '\(row.problem)': \(result.text())")
    }
    #expect(!text.contains("canary"), "\(text)")
  }

  // MARK: Simulators

  /// Every way of being ready: at once, after one message, after several, after a first message that bears the credential.
  @Test func simulatorsAreReady() throws {
    let names = [
      "deepgram.listen", "deepgram.agent", "openai.realtime", "soniox.stt", "gemini.live", "speechmatics.realtime", "cartesia.tts",
      "gladia.live",
    ]
    let rows = names.map { name in
      Row(
        route: "/\(name)", upstream: "vendor: \(name), credential: {env: NOT_SET}, query: {defaults: {model: m}}", stage: .ready,
        problem: "")
    }
    let (status, results, text) = try run(rows, ["--simulate", "missing"])
    judge(rows, results, text)
    #expect(status == 0, "\(text)")
    for result in results {
      #expect(result["simulated"] == true)
      let times = try #require(result["milliseconds"])
      for step in ["dns", "tcp", "upgrade"] { #expect(times[step]?.doubleValue ?? -1 >= 0, "\(step): \(result.text())") }
      // Loopback is dialled in the clear.
      #expect(times["tls"]?.isNull == true, "\(result.text())")
    }
    #expect(results[1]["milliseconds"]?["ready"]?.doubleValue != nil && results[0]["milliseconds"]?["ready"]?.isNull == true)
  }

  @Test func aTableForPeople() throws {
    let folder = TemporaryFolder()
    let nobody = try RawListener(listening: false)
    let rows = [
      Row(
        route: "/good", upstream: "vendor: openai.realtime, credential: {env: NOT_SET}, query: {defaults: {model: m}}", stage: .ready,
        problem: ""),
      Row(route: "/bad", upstream: "url: \"ws://127.0.0.1:\(nobody.port)/\"", stage: .none, problem: ""),
    ]
    let file = try folder.write("upstreams.yaml", Self.table(rows))
    let run = try CommandRun(["probe", "--config", file, "--simulate", "missing"])
    #expect(run.status == 69)
    #expect(run.lines.first?.split(separator: " ").prefix(3) == ["route", "upstream", "host"])
    #expect(run.lines[1].hasPrefix("/good") && run.lines[1].contains(" (simulator) "))
    #expect(run.lines.last == "/bad: error: u1: no connection to 127.0.0.1:\(nobody.port): connection refused")
    let one = try CommandRun(["probe", "/good", "--config", file, "--simulate", "missing"])
    #expect(one.status == 0 && one.lines.count == 2, "\(one.text)")
  }

  // MARK: Who does not answer as they should

  @Test func refusals() async throws {
    let body = "Content-Length: 18\r\n\r\ncanary-of-a-vendor"
    let answers: [(String, String, String)] = [
      ("401", "HTTP/1.1 401 canary-phrase\r\n\(body)", "status 401: the credential was refused"),
      ("403", "HTTP/1.1 403 No\r\n\(body)", "status 403: the credential was refused"),
      ("404", "HTTP/1.1 404 No\r\n\(body)", "status 404: nothing is served at this path"),
      ("429", "HTTP/1.1 429 No\r\n\(body)", "status 429: a limit is reached"),
      ("503", "HTTP/1.1 503 No\r\n\(body)", "status 503: it cannot serve at present"),
      ("302", "HTTP/1.1 302 No\r\nLocation: wss://canary.example\r\n\(body)", "status 302: redirected, which is not followed"),
      ("200", "HTTP/1.1 200 OK\r\n\(body)", "status 200: answered as a page"),
      (
        "101", "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: canary\r\n\r\n",
        "not that of a WebSocket"
      ),
      ("nonsense", "canary\r\n\r\n", "not that of a WebSocket"),
      ("nothing", "", "closed the connection before it answered the upgrade"),
    ]
    var servers: [StubServer] = []
    var rows: [Row] = []
    for (name, answer, problem) in answers {
      let server = try await StubServer(answer)
      servers.append(server)
      rows.append(Row(route: "/\(name)", upstream: "url: \"ws://127.0.0.1:\(server.port)/\"", stage: .reached, problem: problem))
    }
    let (status, results, text) = try run(rows)
    judge(rows, results, text)
    #expect(status == 69)
    for server in servers { #expect(server.requests.count == 1) }
  }

  @Test func whoeverIsNotThere() async throws {
    let silent = try await StubServer(nil)
    let nobody = try RawListener(listening: false)
    let rows = [
      Row(
        route: "/silent", upstream: "url: \"ws://127.0.0.1:\(silent.port)/\", timeouts: {dial: 300ms}", stage: .none,
        problem: "took the connection and did not answer within 300ms"),
      Row(
        route: "/refused", upstream: "url: \"ws://127.0.0.1:\(nobody.port)/\"", stage: .none,
        problem: "no connection to 127.0.0.1:\(nobody.port): connection refused"),
      Row(
        route: "/name", upstream: "url: \"ws://nobody.invalid:80/\"", stage: .none, problem: "the name nobody.invalid cannot be resolved"),
      Row(
        route: "/keyless", upstream: "vendor: openai.realtime, credential: {env: NOT_SET}", stage: .none,
        problem: "the credential cannot be had: environment variable 'NOT_SET' is not set"),
      Row(route: "/none", upstream: "vendor: openai.realtime", stage: .none, problem: "the upstream has no credential"),
    ]
    let (status, results, text) = try run(rows)
    judge(rows, results, text)
    #expect(status == 69)
    // Nothing was dialled where there was nothing to say.
    #expect(results.map { $0["host"]?.isNull ?? true } == [false, false, false, true, true])
  }

  /// What only a client can say is no failure of the upstream's.
  @Test func whatOnlyAClientCanSay() throws {
    let rows = [
      Row(
        route: "/model", upstream: "vendor: deepgram.listen, credential: {env: VENDOR_KEY}", stage: .none,
        problem: "only a client says 'model'; give it with --query"),
      Row(
        route: "/voice/*", upstream: "vendor: elevenlabs.tts, credential: {env: VENDOR_KEY}", stage: .none,
        problem: "only a client's path says where in 'wss://"),
    ]
    let (status, results, text) = try run(rows, ["--simulate", "all"])
    judge(rows, results, text)
    #expect(status == 0 && results.map { $0["skipped"] } == [true, true], "\(text)")
    let given = try run([rows[0]], ["--simulate", "all", "--query", "model=nova-3"])
    #expect(given.status == 0 && given.results.first?["ready"] == true, "\(given.text)")
  }

  /// What an SDK would append to the route's path.
  @Test func whatFollowsTheRoute() throws {
    let voice = Row(
      route: "/voice/*", upstream: "vendor: elevenlabs.tts, credential: {env: VENDOR_KEY}", stage: .ready, problem: "")
    let exact = Row(
      route: "/exact", upstream: "vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: m}}", stage: .ready,
      problem: "")
    let path = ["--path", "/v1/text-to-speech/a-voice/stream-input"]
    let good = try run([voice, exact], ["--simulate", "all"] + path)
    judge([voice, exact], good.results, good.text)
    #expect(good.status == 0, "\(good.text)")

    let unknown = Row(
      route: "/voice/*", upstream: voice.upstream, stage: .none,
      problem: "path '/v2/no' is not one that this upstream allows; expected /v1/text-to-speech/{voice_id}/")
    let bad = try run([unknown], ["--simulate", "all", "--path", "/v2/no"])
    judge([unknown], bad.results, bad.text)
    #expect(bad.status == 69 && bad.results.first?["skipped"] == false)

    let skipped = Row(
      route: "/voice/*", upstream: voice.upstream, stage: .none,
      problem: "; give it with --path, of the form /v1/text-to-speech/{voice_id}/")
    let without = try run([skipped], ["--simulate", "all"])
    judge([skipped], without.results, without.text)
    #expect(without.status == 0 && without.results.first?["skipped"] == true)

    let folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", Self.table([exact]))
    let nowhere = try CommandRun(["probe", "--config", file] + path)
    #expect(nowhere.status == 64 && nowhere.text.contains("no route that is dialled ends in /*"), "\(nowhere.text)")
  }

  // MARK: TLS

  /// An `openssl s_server` that answers pages.
  private static func server(_ certificate: String, _ more: [String] = []) throws -> (process: ChildProcess, port: UInt16) {
    let own = CertificateFolder.shared
    let process = try ChildProcess(
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", own.file("\(certificate).pem"), "-key", own.file("\(certificate).key"),
        "-www",
      ] + more)
    return (process, try process.number(after: "ACCEPT 127.0.0.1:"))
  }

  @Test func certificates() throws {
    let own = CertificateFolder.shared
    let trust = ", tls: {ca: \(own.file("ca.pem"))}"
    let good = try Self.server("localhost"), expired = try Self.server("expired"), other = try Self.server("other"),
      rogue = try Self.server("rogue")
    let old = try Self.server("localhost", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
    let rows = [
      Row(
        route: "/good", upstream: "url: \"wss://localhost:\(good.port)/\"\(trust)", stage: .reached,
        problem: "status 200: answered as a page"),
      Row(
        route: "/unknown", upstream: "url: \"wss://localhost:\(good.port)/\"", stage: .none,
        problem: "leads to no authority that is trusted"),
      Row(
        route: "/rogue", upstream: "url: \"wss://localhost:\(rogue.port)/\"\(trust)", stage: .none,
        problem: "leads to no authority that is trusted"),
      Row(
        route: "/expired", upstream: "url: \"wss://localhost:\(expired.port)/\"\(trust)", stage: .none,
        problem: "its certificate has expired"),
      Row(
        route: "/other", upstream: "url: \"wss://localhost:\(other.port)/\"\(trust)", stage: .none,
        problem: "its certificate is not for localhost"),
      Row(route: "/old", upstream: "url: \"wss://localhost:\(old.port)/\"\(trust)", stage: .none, problem: "no common version or cipher"),
    ]
    let (status, results, text) = try run(rows)
    judge(rows, results, text)
    #expect(status == 69)
    #expect(results.first?["milliseconds"]?["tls"]?.doubleValue ?? 0 > 0, "\(text)")
    withExtendedLifetime([good.process, expired.process, other.process, rogue.process, old.process]) {}
  }

  // MARK: Behind the upgrade

  /// What a vendor says once it has accepted; the test is the vendor.
  @Test func behindTheUpgrade() throws {
    let late = try RawListener(), half = try RawListener(), closing = try RawListener(), silent = try RawListener(),
      plain = try RawListener()
    let rows = [
      Row(
        route: "/late", upstream: "vendor: my.soniox, credential: {env: VENDOR_KEY}", stage: .reached,
        problem: "the credential was refused behind the upgrade (401)"),
      Row(
        route: "/half", upstream: "vendor: my.agent, credential: {env: VENDOR_KEY}", stage: .authenticated,
        problem: "not ready within 2s: waiting for type = SettingsApplied"),
      Row(
        route: "/closing", upstream: "vendor: my.openai, credential: {env: VENDOR_KEY}, query: {defaults: {model: m}}", stage: .reached,
        problem: "closed with 1011 (internal error), before it was ready"),
      Row(
        route: "/silent", upstream: "vendor: your.openai, credential: {env: VENDOR_KEY}, query: {defaults: {model: m}}", stage: .reached,
        problem: "not ready within 2s: waiting for type = session.created"),
      Row(
        route: "/plain", upstream: "url: \"wss://localhost:\(plain.port)/\"", stage: .none,
        problem: "tls with localhost:\(plain.port) failed: no common version or cipher, or no TLS is spoken there"),
    ]
    let vendors = """
      vendors:
        my.soniox: {like: soniox.stt, endpoint: {url: "ws://127.0.0.1:\(late.port)/", variables: {host: null}}}
        my.agent: {like: deepgram.agent, endpoint: {url: "ws://127.0.0.1:\(half.port)/v1"}, regions: null, credential: {exchange: null}}
        my.openai: {like: openai.realtime, endpoint: {url: "ws://127.0.0.1:\(closing.port)/", variables: {host: null}}}
        your.openai: {like: openai.realtime, endpoint: {url: "ws://127.0.0.1:\(silent.port)/", variables: {host: null}}}

      """
    let folder = TemporaryFolder()
    let table = Self.table(rows, vendors: vendors).replacing("none}", with: "none, timeouts: {ready: 2s}}")
    let child = try ChildProcess([
      "env", "-i", "VENDOR_KEY=\(Self.key)", Repository.voxgate, "probe", "--json", "--config", folder.write("upstreams.yaml", table),
    ])
    let first = try UpstreamEnd(late)
    try first.send(.text(#"{"error_code":401,"error_message":"canary of a vendor"}"#))
    let second = try UpstreamEnd(half)
    guard case .message(.text(let settings))? = try second.next() else {
      Issue.record("the vendor's opening message does not come")
      return
    }
    #expect(settings.contains(#""type":"Settings""#))
    try second.send(.text(#"{"type":"Welcome"}"#))
    try UpstreamEnd(closing).close(1011, "canary of a vendor")
    let fourth = try UpstreamEnd(silent)
    let fifth = try plain.accept()
    try fifth.send("HTTP/1.1 400 Bad Request\r\n\r\n")
    // Whoever listened is left in good order.
    #expect(try second.next() == .close(ClosePayload(code: .normal, reason: "")))
    #expect(try child.finish() == 69)
    let lines = child.text.split(separator: "\n").filter { $0.hasPrefix("{") }
    judge(rows, try lines.map { try JSONValue.parse(Array($0.utf8)) }, child.text)
    withExtendedLifetime((first, fourth)) {}
  }

  @Test func wrongArguments() throws {
    let file = Repository.root + "upstreams.yaml"
    let rows: [([String], Int32, String)] = [
      (["/nowhere", "--config", file], 64, "no route '/nowhere' in "), (["--query", "model", "--config", file], 64, "expected NAME=VALUE"),
      (["--simulate", "some", "--config", file], 64, "'none', 'missing' or 'all'"), (["--config", "/nowhere.yaml"], 78, "cannot be read"),
    ]
    for (arguments, status, message) in rows {
      let run = try CommandRun(["probe"] + arguments)
      #expect(run.status == status && run.text.contains(message), "\(arguments): \(run.status) \(run.text)")
    }
  }
}
