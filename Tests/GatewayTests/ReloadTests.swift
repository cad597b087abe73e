import Glibc
import JSON
import TestSupport
import Testing

/// Replacing the configuration of a gateway that runs: by a call, a signal, a changed file.
@Suite struct ReloadTests {
  @Test func byCall() throws {
    let table = try ReloadTable { _ in ReloadTable.table("/a: {upstream: vendor}") }
    let (gateway, session) = (table.gateway, try AdmissionClient(table.gateway, UpgradeRequest("/a")))
    try gateway.rewrite(ReloadTable.table("/b: {upstream: vendor}, /c: {upstream: vendor}"))
    let (status, body) = try table.reload()
    #expect(status == 200 && body["reloaded"] == true && body["routes"] == 2 && body["waiting"] == [])
    #expect(body.at("warnings.0.message")?.stringValue?.contains("has no authentication") == true)
    #expect(try table.status("/a") == 404 && table.status("/b") == 101 && table.status("/c") == 101)
    // A session goes on under the table that it opened with.
    try session.send(.text(#"{"type":"KeepAlive"}"#))
    #expect(try gateway.sessions()["sessions"]?.arrayValue?.contains { $0["route"] == "/a" } == true)
    try session.leave()
    #expect(try gateway.logLine(with: "configuration reloaded").contains(#""by":"admin""#))
    #expect(try table.count("ok") >= 1)
    #expect(try gateway.get("/reload", port: gateway.adminPort)["Allow"] == ["POST"])
    #expect(try gateway.get("/reload", method: "POST").status == 404)
  }

  /// A file that cannot be put in force changes nothing, and says what is wrong and where.
  @Test func badFiles() throws {
    let own = CertificateFolder.shared
    let good = ReloadTable.table("/a: {upstream: vendor}", more: "drain: {grace: 1s}")
    let table = try ReloadTable { folder in
      try folder.write("keys.yaml", "keys: garbage\n")
      try folder.write("garbage.pem", "garbage\n")
      return good
    }
    let (gateway, folder) = (table.gateway, table.folder)
    let session = try AdmissionClient(gateway, UpgradeRequest("/a"))
    let taken = try RawListener()
    let listeners = #"listeners: [{address: "127.0.0.1:0"}]"#
    func tls(_ certificate: String, _ key: String) -> String {
      good.replacing(listeners, with: #"listeners: [{address: "127.0.0.1:0", tls: {certificate: \#(certificate), key: \#(key)}}]"#)
    }
    func keys(_ name: String) -> String { good + "authentication: {app: {type: api_key, file: \(folder.file(name))}}\n" }
    let key = own.file("localhost.key")
    let rows: [(name: String, yaml: String, line: Int64?, message: String)] = [
      ("syntax", good + "tiers: {a: [}\n", 9, "did not find expected node content"),
      ("an unknown key", good.replacing("/a: {upstream", with: "/a: {upstraem"), 7, "unknown key 'upstraem'"),
      ("an unknown upstream", good.replacing("upstream: vendor}", with: "upstream: gone}"), 7, "'gone'"),
      ("nothing at all", "", nil, ""),
      ("no certificate", tls("gone.pem", key), 2, "gone.pem"),
      ("a certificate that is none", tls(folder.file("garbage.pem"), key), 2, "garbage.pem"),
      ("another's key", tls(own.file("localhost.pem"), own.file("second.key")), 2, "listener 1"),
      ("a broken file of keys", keys("keys.yaml"), 9, "keys.yaml"),
      ("no file of keys", keys("gone.yaml"), 9, "gone.yaml"),
      ("no admin token", good.replacing("admin: {", with: "admin: {token: {env: NOT_SET}, "), 3, "'NOT_SET' is not set"),
      ("a port in use", good.replacing(listeners, with: #"listeners: [{address: "127.0.0.1:\#(taken.port)"}]"#), nil, "cannot listen on"),
    ]
    for (index, row) in rows.enumerated() {
      #expect(row.yaml != good, "\(row.name)")
      try gateway.rewrite(row.yaml)
      let (status, body) = try table.reload()
      #expect(status == 422, "\(row.name)")
      let problems = body.at("error.problems")?.arrayValue ?? []
      let isTold = problems.contains { problem in
        problem["severity"] == "error" && problem["message"]?.stringValue?.contains(row.message) == true
          && (row.line == nil || problem["line"] == .int(row.line ?? 0))
          && problem["file"]?.stringValue?.hasSuffix("upstreams.yaml") == true
      }
      #expect(isTold, "\(row.name): \(body)")
      #expect(try table.status("/a") == 101, "\(row.name)")
      #expect(try table.count("refused") >= index + 1, "\(row.name)")
      #expect(try gateway.logLine(with: "configuration not reloaded", row.message).contains(#""level":"error""#))
    }
    try gateway.rewrite(good)
    #expect(try table.reload().status == 200)
    try session.leave()
    #expect(try gateway.stop() == 0)
  }

  @Test func bySignal() throws {
    let table = try ReloadTable { _ in ReloadTable.table("/a: {upstream: vendor}") }
    try table.gateway.rewrite(ReloadTable.table("/b: {upstream: vendor}"))
    kill(table.gateway.pid, SIGHUP)
    _ = try table.gateway.logLine(with: "configuration reloaded", #""by":"signal""#)
    #expect(try table.status("/b") == 101)
    #expect(try table.gateway.stop() == 0)
  }

  /// Nobody has to say that a file has changed: the table, and the `.env` beside it.
  @Test func byChange() throws {
    let table = try ReloadTable { _ in ReloadTable.table("/a: {upstream: vendor}, /b: {upstream: vendor, enabled: {env: SHOW_B}}") }
    #expect(try table.status("/b") == 503)
    try table.gateway.rewrite(ReloadTable.table("/c: {upstream: vendor}, /b: {upstream: vendor, enabled: {env: SHOW_B}}"))
    _ = try table.gateway.logLine(with: "configuration reloaded", #""by":"file""#, #""routes":2"#)
    #expect(try table.status("/c") == 101 && table.status("/b") == 503)
    let folder = String(table.gateway.file.dropLast("upstreams.yaml".count))
    try table.gateway.write(".env", "SHOW_B=true\n")
    try table.becomes("/b", 101, "\(folder).env")
    #expect(try table.gateway.stop() == 0)
  }

  /// A volume of Kubernetes: every file is a link to one behind `..data`, which is a link itself and made to lead elsewhere at once.
  @Test func byTheSwapOfALink() throws {
    let folder = TemporaryFolder()
    func publish(_ version: String, _ key: String) throws {
      try ChildProcess.run(["mkdir", folder.file("..\(version)")])
      try folder.write("..\(version)/key.pem", key)
      try ChildProcess.run(["ln", "-sfn", "..\(version)", folder.file("..data_tmp")])
      try ChildProcess.run(["mv", "-T", folder.file("..data_tmp"), folder.file("..data")])
    }
    let keys = try (0..<2).map { _ in try ChildProcess.run(["openssl", "genpkey", "-algorithm", "ed25519"]) }
    let publics = try keys.enumerated().map { index, key in
      try ChildProcess.run(["openssl", "pkey", "-pubout", "-in", folder.write("private\(index).pem", key)])
    }
    try publish("one", publics[0])
    try ChildProcess.run(["ln", "-s", "..data/key.pem", folder.file("key.pem")])
    let method = "{type: jwt, algorithms: [EdDSA], public_key: \(folder.file("key.pem"))}"
    let table = try ReloadTable { _ in
      ReloadTable.table("/a: {upstream: vendor, authentication: [app]}", more: "authentication: {app: \(method)}")
    }
    try publish("two", publics[1])
    _ = try table.gateway.logLine(with: "configuration reloaded", #""by":"file""#)
    try publish("three", "garbage")
    _ = try table.gateway.logLine(with: "configuration not reloaded", "key.pem")
    #expect(try table.count("ok") == 1 && table.count("refused") == 1)
  }

  /// What guards have counted stays, and what they are to enforce is the new table's.
  @Test func countsSurvive() throws {
    func table(_ opens: Int) -> String {
      ReloadTable.table("/a: {upstream: vendor, tier: small}", tiers: "{small: {opens: {ip: \(opens)/1h}}}")
    }
    let reloading = try ReloadTable { _ in table(3) }
    for _ in 0..<2 { #expect(try reloading.status("/a") == 101) }
    try reloading.reload()
    #expect(try reloading.status("/a") == 101 && reloading.status("/a") == 429)
    try reloading.gateway.rewrite(table(5))
    try reloading.reload()
    #expect(try reloading.status("/a") == 101 && reloading.status("/a") == 101 && reloading.status("/a") == 429)
    try reloading.gateway.rewrite(table(1))
    try reloading.reload()
    #expect(try reloading.status("/a") == 429)
  }

  /// Addresses come and go, TLS with them; sessions stay.
  @Test func listeners() throws {
    let ports = try (0..<2).map { _ in try LoopbackPort.free() }
    let own = CertificateFolder.shared
    func table(_ listeners: String, admin: String = #""127.0.0.1:0""#) -> String {
      ReloadTable.table("/a: {upstream: vendor}").replacing(#"[{address: "127.0.0.1:0"}]"#, with: "[\(listeners)]")
    }
    func plain(_ port: UInt16) -> String { #"{address: "127.0.0.1:\#(port)"}"# }
    let reloading = try ReloadTable { _ in table(plain(ports[0])) }
    let gateway = reloading.gateway
    let session = try AdmissionClient(gateway, UpgradeRequest("/a"))
    try gateway.rewrite(table(plain(ports[0]) + ", " + plain(ports[1])))
    #expect(try reloading.reload().status == 200)
    #expect(try gateway.get("/health", port: ports[0]).status == 200 && gateway.get("/health", port: ports[1]).status == 200)
    let tls = ", tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key"))}}"
    try gateway.rewrite(table(plain(ports[1]).replacing("}", with: tls)))
    #expect(try reloading.reload().status == 200)
    #expect(!LoopbackPort.accepts(ports[0]))
    let curl = ["curl", "-sS", "--cacert", own.file("ca.pem"), "https://127.0.0.1:\(ports[1])/health"]
    #expect(try ChildProcess.run(curl) == #"{"status":"ok"}"#)
    // What only binding can change waits for the next start.
    try gateway.rewrite(table(plain(ports[1]).replacing("}", with: ", backlog: 7}")))
    #expect(try reloading.reload().body["waiting"] == [.string("'backlog' and 'mode' of the listener 127.0.0.1:\(ports[1])")])
    #expect(try gateway.get("/health", port: ports[1]).status == 200)
    try session.leave()
    #expect(try gateway.stop() == 0)
  }

  /// A key that is set makes a route real, and one that is not brings its simulator.
  @Test func simulators() throws {
    let listen = "{vendor: deepgram.listen, credential: {env: NOT_SET}, query: {defaults: {model: nova-3}}}"
    let table = try ReloadTable(arguments: []) { _ in
      ReloadTable.table("/a: {upstream: vendor}").replacing("{env: K}", with: "{env: NOT_SET}")
    }
    #expect(try table.status("/a") == 101)
    try table.gateway.rewrite(
      AdmissionTable.head + """
        upstreams:
          vendor: \(listen)
          other: {vendor: deepgram.agent, credential: {env: NOT_SET}}
        defaults: {authentication: none}
        routes: {/a: {upstream: vendor}, /b: {upstream: other}}

        """)
    #expect(try table.reload().body["reloaded"] == true)
    #expect(try table.status("/a") == 101 && table.status("/b") == 101)
    try table.gateway.write(".env", "NOT_SET=a-key\n")
    #expect(try table.reload().body["reloaded"] == true)
    let ready = try JSONValue.parse(table.gateway.get("/ready").body)
    #expect(ready["routes"]?["/a"]?["simulated"] == false)
  }

  /// Settings beside the routes: what is logged, what is off, what strangers may hold.
  @Test func settings() throws {
    let table = try ReloadTable { folder in
      try folder.write("off", "/a\n")
      return ReloadTable.table("/a: {upstream: vendor}, /b: {upstream: vendor}")
    }
    let gateway = table.gateway
    try gateway.rewrite(
      ReloadTable.table(
        "/a: {upstream: vendor}, /b: {upstream: vendor}",
        more: "switches_file: \(table.folder.file("off"))\nlogging: {level: warning, format: text}\nhandshakes: {per_address: 9, total: 50}"
      ))
    #expect(try table.reload().body["waiting"] == ["'format' in logging"])
    try table.becomes("/a", 503, "the switches file")
    #expect(try table.status("/b") == 101)
    #expect(!gateway.log.contains("configuration reloaded"))
    // Not logged, and yet to be seen.
    #expect(try gateway.events().contains { $0["event"] == "WS_CONNECTION_ESTABLISHED" && $0["level"] == "info" })
    try gateway.rewrite(ReloadTable.table("/a: {upstream: vendor}", more: "enabled: false"))
    try table.reload()
    #expect(try table.status("/a") == 503)
    try gateway.rewrite(ReloadTable.table("/a: {upstream: vendor}"))
    try table.reload()
    #expect(try table.status("/a") == 101)
  }

  /// 500 sessions with messages both ways while the table is replaced 100 times, and the certificate once.
  @Test func sessionsGoOn() throws {
    let (own, folder) = (CertificateFolder.shared, TemporaryFolder())
    func serve(_ name: String) throws {
      for (file, copy) in [("pem", "tls.crt"), ("key", "tls.key")] {
        try ChildProcess.run(["cp", own.file("\(name).\(file)"), folder.file(copy)])
      }
    }
    try serve("localhost")
    var table = ""
    let bench = try SessionsBench("reload", ["held", "500", own.path]) { port, _ in
      table = """
        version: 1
        listeners: [{address: "127.0.0.1:0", tls: {certificate: \(folder.file("tls.crt")), key: \(folder.file("tls.key"))}}]
        admin: {address: "127.0.0.1:0"}
        upstreams: {own: {url: "ws://localhost:\(port)"}}
        tiers: {some: {concurrent: {ip: 0}}}
        defaults: {authentication: none, timeouts: {ping_interval: off}}
        routes: {/any/*: {upstream: own}}

        """.replacing("ip: 0", with: "ip: 1000")
      return table
    }
    try bench.tell()
    try bench.program.wait(for: "open")
    let gateway = bench.gateway
    for round in 1...100 {
      if round == 50 { try serve("second") }
      let limit = round == 100 ? 500 : 1_000 + round
      try gateway.rewrite(
        table.replacing("ip: 1000", with: "ip: \(limit)").replacing("/any/*: {upstream: own}", with: "/any/*: {upstream: own, tier: some}"))
      #expect(try gateway.get("/reload", port: gateway.adminPort, method: "POST").status == 200, "\(round)")
      // So that every session has something to say between some of them.
      usleep(40_000)
    }
    let counted = try gateway.sessions()["total"]
    #expect(counted == 500)
    // The limit is the new table's; sessions of before have not been counted under it, so it has room for as many again.
    try bench.program.write("reloaded\n")
    #expect(try bench.program.finish() == 0, "\(bench.program.text)\n\(gateway.log.suffix(3_000))")
    #expect(try gateway.metrics()["voxgate_reloads_total{result=\"refused\"}"] == 0)
    #expect(try gateway.metrics()["voxgate_reloads_total{result=\"ok\"}"] >= 100)
    #expect(!gateway.log.contains(#""outcome":"lost""#))
    #expect(try gateway.stop() == 0)
  }
}

extension ReloadTable {
  /// Waits until an opening of the path has a status.
  func becomes(_ path: String, _ expected: Int, _ why: String) throws {
    for _ in 0..<1_000 where try status(path) != expected { usleep(20_000) }
    #expect(try status(path) == expected, "\(why)")
  }
}
