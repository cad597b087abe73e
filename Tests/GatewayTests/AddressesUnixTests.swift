import Glibc
import TestSupport
import Testing

/// A listener at a Unix socket: its file, its permissions, and whom it takes its peers for.
@Suite struct AddressesUnixTests {
  private static func table(_ path: String, _ more: String = "") -> String {
    """
    version: 1
    listeners: [{address: "unix:\(path)"\(more)}]
    admin: {address: "127.0.0.1:0"}
    logging: {addresses: full}
    upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
    defaults: {authentication: none}
    routes: {/open: {upstream: vendor}, /off: {upstream: vendor, enabled: false}}
    trusted_proxies: [127.0.0.0/8]

    """
  }

  private static func start(_ table: String) throws -> GatewayProcess {
    try GatewayProcess(table, environment: ["K": "k"], arguments: ["--simulate", "all"])
  }

  private static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  @Test func aSession() throws {
    let folder = TemporaryFolder()
    let path = folder.file("voxgate.sock")
    let gateway = try Self.start(Self.table(path))
    #expect(Self.mode(path) == 0o660)
    let connection = try RawConnection(path: path)
    try connection.send(UpgradeRequest("/open", [("X-Forwarded-For", "203.0.113.7")]).text)
    let client = try AdmissionClient(connection)
    #expect(client.status == 101)
    try client.send(.binary(Array(repeating: 0, count: 640)))
    try client.leave()
    _ = try gateway.logLine(with: "WS_CONNECTION_ESTABLISHED", #""ip":"203.0.113.7""#)
    // Without a word of a proxy it is this machine.
    let off = try RawConnection(path: path)
    try off.send(UpgradeRequest("/off").text)
    try RefusalTests.check(off.head(), 503, "disabled", "off")
    _ = try gateway.logLine(with: "WS_CONNECTION_BLOCKED_FEATURE_DISABLED", #""ip":"127.0.0.1""#)
    #expect(try ChildProcess.run(["curl", "-sS", "--unix-socket", path, "http://gateway/health"]) == #"{"status":"ok"}"#)
    #expect(try gateway.stop() == 0)
    #expect(Self.mode(path) == nil, "removed at the end")
  }

  @Test func withTLSAndHeaders() throws {
    let folder = TemporaryFolder()
    let path = folder.file("voxgate.sock")
    let own = CertificateFolder.shared
    let gateway = try Self.start(
      Self.table(
        path, ", mode: 0600, proxy_protocol: accept, tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key"))}"))
    #expect(Self.mode(path) == 0o600)
    #expect(
      try ChildProcess.run(["curl", "-sS", "--cacert", own.file("ca.pem"), "--unix-socket", path, "https://localhost/health"])
        == #"{"status":"ok"}"#)
    #expect(
      try ChildProcess.run([
        "curl", "-sS", "--haproxy-protocol", "--cacert", own.file("ca.pem"), "--unix-socket", path, "https://localhost/health",
      ]) == #"{"status":"ok"}"#)
    #expect(try gateway.stop() == 0)
  }

  /// What a gateway that was killed left behind is replaced; what is somebody's is not.
  @Test func whatIsThereAlready() throws {
    let folder = TemporaryFolder()
    let path = folder.file("voxgate.sock")
    let first = try Self.start(Self.table(path))
    kill(first.pid, SIGKILL)
    _ = try first.finish()
    #expect(Self.mode(path) != nil)
    let second = try Self.start(Self.table(path))
    let connection = try RawConnection(path: path)
    try connection.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try connection.head().status == 200)

    let third = try CommandRun(["serve", "--simulate", "all", "--config", folder.write("third.yaml", Self.table(path))])
    #expect(third.status == 69 && third.text.contains("cannot listen on unix:\(path): somebody listens there already"), "\(third.text)")
    let file = try folder.write("notes.txt", "mine")
    let fourth = try CommandRun(["serve", "--simulate", "all", "--config", folder.write("fourth.yaml", Self.table(file))])
    #expect(fourth.status == 69 && fourth.text.contains("the file exists and is no socket"), "\(fourth.text)")
    let fifth = try CommandRun([
      "serve", "--simulate", "all", "--config", folder.write("fifth.yaml", Self.table(folder.file("none/voxgate.sock"))),
    ])
    #expect(fifth.status == 69 && fifth.text.contains("No such file or directory"), "\(fifth.text)")
    #expect(Self.mode(path) != nil && Self.mode(file) == 0o600)
    #expect(try second.stop() == 0)
    #expect(Self.mode(path) == nil)
  }
}
