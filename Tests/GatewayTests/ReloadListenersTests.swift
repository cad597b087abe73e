import Glibc
import JSON
import TestSupport
import Testing

/// Reloads that change what an address of the gateway is, or whose.
@Suite struct ReloadListenersTests {
  private static func table(_ listeners: String, admin: String = "127.0.0.1:0") -> String {
    ReloadTable.table("/a: {upstream: vendor}")
      .replacing(#"[{address: "127.0.0.1:0"}]"#, with: "[\(listeners)]")
      .replacing(#"admin: {address: "127.0.0.1:0"}"#, with: #"admin: {address: "\#(admin)"}"#)
  }

  private static func plain(_ address: String) -> String { #"{address: "\#(address)"}"# }

  /// Connects again and again until its input ends, and tells how often nobody was there.
  private static let calling = """
    import select, socket, sys
    calls = refused = 0
    while not select.select([sys.stdin], [], [], 0.0005)[0]:
        try:
            socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        except ConnectionRefusedError:
            refused += 1
        except ConnectionResetError:
            pass  # It waited for a socket that was closed; the next call finds the other one.
        calls += 1
        if calls == 1: print("calling", flush=True)
    print(f"{refused} refused of {calls}" if calls > 20 else "hardly a call")
    """

  /// Addresses that cover each other take turns on one port, and there is always somebody who listens.
  @Test func addressesThatOverlap() throws {
    let port = try LoopbackPort.free()
    let reloading = try ReloadTable { _ in Self.table(Self.plain("127.0.0.1:\(port)")) }
    let gateway = reloading.gateway
    let session = try AdmissionClient(gateway, UpgradeRequest("/a"))
    let caller = try ChildProcess(["python3", "-c", Self.calling, "\(port)"])
    try caller.wait(for: "calling")
    for address in ["0.0.0.0", "127.0.0.1", "[::]", "127.0.0.1", "[::]", "0.0.0.0", "[::]", "127.0.0.1"] {
      try gateway.rewrite(Self.table(Self.plain("\(address):\(port)")))
      let (status, body) = try reloading.reload()
      #expect(status == 200 && body["waiting"] == [], "\(address): \(body)")
      #expect(try gateway.get("/health", port: port).status == 200, "\(address)")
      // Exactly the one that is wanted is left.
      #expect(try Self.listening(port) == [address], "\(address)")
      try session.send(.text(#"{"type":"KeepAlive"}"#))
    }
    #expect(try caller.finish() == 0 && caller.text.contains("0 refused of "), "\(caller.text)")
    try session.leave()
    #expect(try gateway.stop() == 0)
  }

  /// The addresses of a port that somebody listens on (proc(5)).
  private static func listening(_ port: UInt16) throws -> [String] {
    let names = ["0100007F": "127.0.0.1", "00000000": "0.0.0.0", String(repeating: "0", count: 32): "[::]"]
    let end = ":" + String(repeating: "0", count: 4 - String(port, radix: 16).count) + String(port, radix: 16, uppercase: true)
    return try ChildProcess.run(["cat", "/proc/net/tcp", "/proc/net/tcp6"]).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 3, fields[3] == "0A", fields[1].hasSuffix(end) else { return nil }
      return names[String(fields[1].dropLast(end.count))] ?? String(fields[1])
    }
  }

  /// What one table has twice is an error, and leaves everything as it was.
  @Test func twiceInOneTable() throws {
    let ports = try (0..<2).map { _ in try LoopbackPort.free() }
    let reloading = try ReloadTable { _ in Self.table(Self.plain("127.0.0.1:\(ports[0])")) }
    let gateway = reloading.gateway
    for listeners in [
      [Self.plain("127.0.0.1:\(ports[0])"), Self.plain("0.0.0.0:\(ports[0])")],
      [Self.plain("0.0.0.0:\(ports[0])"), Self.plain("[::]:\(ports[0])")],
      [Self.plain("127.0.0.1:\(ports[1])"), Self.plain("0.0.0.0:\(ports[1])")],
    ] {
      try gateway.rewrite(Self.table(listeners.joined(separator: ", ")))
      let (status, body) = try reloading.reload()
      #expect(status == 422 && body.at("error.problems.0.message")?.stringValue?.contains("cannot listen on") == true, "\(body)")
      #expect(try Self.listening(ports[0]) == ["127.0.0.1"])
      #expect(try Self.listening(ports[1]) == [])
      #expect(try gateway.get("/health", port: ports[0]).status == 200)
    }
    // Nobody else can have the port.
    #expect(throws: (any Error).self) { _ = try GatewayProcess(Self.table(Self.plain("127.0.0.1:\(ports[0])"))) }
  }

  /// The clients' address and the operator's change places.
  @Test func addressesThatChangeHands() throws {
    let ports = try (0..<2).map { _ in try LoopbackPort.free() }
    let reloading = try ReloadTable { _ in Self.table(Self.plain("127.0.0.1:\(ports[0])"), admin: "127.0.0.1:\(ports[1])") }
    let gateway = reloading.gateway
    #expect(try gateway.get("/metrics", port: ports[0]).status == 404 && gateway.get("/metrics", port: ports[1]).status == 200)
    try gateway.rewrite(Self.table(Self.plain("127.0.0.1:\(ports[1])"), admin: "127.0.0.1:\(ports[0])"))
    #expect(try gateway.get("/reload", port: ports[1], method: "POST").status == 200)
    let statuses = try [ports[1], ports[0]].map { port in
      try ChildProcess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/metrics"])
    }
    #expect(statuses == ["404", "200"])
    let connection = try RawConnection(port: ports[1])
    try connection.send(UpgradeRequest("/a").text)
    #expect(try AdmissionClient(connection).status == 101)
    #expect(try gateway.stop() == 0)
  }

  // MARK: Certificates

  private static let own = CertificateFolder.shared

  private static func secure(_ folder: TemporaryFolder) -> String {
    #"{address: "127.0.0.1:0", tls: {certificate: \#(folder.file("tls.crt")), key: \#(folder.file("tls.key"))}}"#
  }

  private static func copy(_ certificate: String, _ key: String, to folder: TemporaryFolder) throws {
    for (name, file) in [("\(certificate).pem", "tls.crt"), ("\(key).key", "tls.key")] {
      try ChildProcess.run(["cp", own.file(name), folder.file(file)])
    }
  }

  /// The subject of the certificate that is shown.
  private static func shown(_ port: UInt16) throws -> String {
    try ChildProcess.run(["sh", "-c", "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509 -noout -subject"])
  }

  /// A pair that does not match refuses the reload, and the earlier one is served.
  @Test func aPairThatDoesNotMatch() throws {
    let folder = TemporaryFolder()
    try Self.copy("localhost", "localhost", to: folder)
    let reloading = try ReloadTable { _ in Self.table(Self.secure(folder)) }
    #expect(try Self.shown(reloading.gateway.port).contains("localhost"))
    try Self.copy("second", "localhost", to: folder)
    let (status, body) = try reloading.reload()
    let problem = body.at("error.problems.0")
    #expect(status == 422 && problem?["line"] == 2, "\(body)")
    #expect(problem?["message"]?.stringValue?.contains("private key does not match the first certificate") == true, "\(body)")
    #expect(try Self.shown(reloading.gateway.port).contains("localhost"))
    try Self.copy("second", "second", to: folder)
    #expect(try reloading.reload().status == 200)
    #expect(try Self.shown(reloading.gateway.port).contains("second"))
    #expect(try reloading.gateway.stop() == 0)
  }

  /// One that has expired is served, as at the start: the operator is told, and clients decide.
  @Test func anExpiredCertificate() throws {
    let folder = TemporaryFolder()
    try Self.copy("expired", "expired", to: folder)
    let reloading = try ReloadTable { _ in Self.table(Self.secure(folder)) }
    let gateway = reloading.gateway
    let words = "certificate '\(folder.file("tls.crt"))' expired on 20"
    #expect(try gateway.logLine(with: #""message":"certificate""#, words).contains(#""level":"warning""#))
    func warning() throws -> JSONValue? {
      let (status, body) = try reloading.reload()
      #expect(status == 200)
      return body["warnings"]?.arrayValue?.first { $0["message"]?.stringValue?.hasPrefix("listener 1: certificate ") == true }
    }
    let expired = try warning()
    #expect(expired?["message"]?.stringValue?.contains(words) == true && expired?["line"] == 2, "\(String(describing: expired))")
    // Two days are left of the others.
    try Self.copy("localhost", "localhost", to: folder)
    #expect(try warning()?["message"]?.stringValue?.contains("' expires on 20") == true)
    #expect(try gateway.logLine(with: #""message":"certificate""#, "' expires on 20").contains(#""level":"warning""#))
    try ChildProcess.run([
      "openssl", "req", "-x509", "-key", Self.own.file("localhost.key"), "-out", folder.file("tls.crt"), "-subj", "/CN=localhost", "-days",
      "90",
    ])
    #expect(try warning() == nil)
    #expect(try gateway.stop() == 0)
  }
}
