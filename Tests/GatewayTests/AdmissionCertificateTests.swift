import TestSupport
import Testing

/// Clients that show a certificate, with curl as a client.
@Suite struct AdmissionCertificateTests {
  private let own = CertificateFolder.shared

  private func start(_ method: String) throws -> GatewayProcess {
    try GatewayProcess(
      """
      version: 1
      listeners:
        - address: "127.0.0.1:0"
          tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key")), client_ca: \(own.file("ca.pem"))}
      authentication: {machines: {type: mtls\(method)}}
      upstreams:
        vendor: {vendor: deepgram.listen, credential: {env: VENDOR_KEY}, query: {defaults: {model: nova-3}}}
      routes: {/listen: {upstream: vendor, authentication: [machines], timeouts: {session: 1s, close: 300ms}}}

      """, environment: ["VENDOR_KEY": "k"], arguments: ["--simulate", "all"])
  }

  /// What curl shows of the answer; nothing where there is none.
  private func open(_ gateway: GatewayProcess, _ name: String?, version: String = "1.3") throws -> String {
    let certificate = name.map { ["--cert", own.file("\($0).pem"), "--key", own.file("\($0).key")] } ?? []
    let child = try ChildProcess(
      ["curl", "-sS", "-i", "-N", "--http1.1", "--tls-max", version, "--max-time", "20", "--cacert", own.file("ca.pem")] + certificate + [
        "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "https://localhost:\(gateway.port)/listen",
      ])
    _ = try child.finish()
    return child.text
  }

  @Test(arguments: [
    ("", "alice"), (", allow: [bob, alice]", "alice"), (", subject: san", "DNS:alice.example"),
    (", subject: san, allow: [\"spiffe://example/alice\"]", "URI:spiffe://example/alice"),
  ])
  func whoMay(method: String, subject: String) throws {
    let gateway = try start(method)
    for version in ["1.2", "1.3"] {
      #expect(try open(gateway, "alice", version: version).hasPrefix("HTTP/1.1 101 "), "\(method) TLS \(version)")
      #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"\#(subject)""#), "\(method)")
    }
  }

  @Test(arguments: [
    (", allow: [bob]", "alice", "name_not_allowed"), (", allow: [\"alice.example\"]", "alice", "name_not_allowed"),
    (", subject: san, allow: [alice]", "alice", "name_not_allowed"),
  ])
  func whoMayNot(method: String, name: String, error: String) throws {
    let gateway = try start(method)
    #expect(try open(gateway, name).hasPrefix("HTTP/1.1 401 "))
    #expect(try gateway.logLine(with: "WS_AUTH_FAILED_INVALID_TOKEN").contains(#""error":"\#(error)""#))
  }

  /// One of another authority, and none: TLS itself says no.
  @Test func whoDoesNotGetThatFar() throws {
    let gateway = try start("")
    for name in ["mallory", nil] { #expect(!(try open(gateway, name)).contains("HTTP/1.1"), "\(name ?? "none")") }
  }
}
