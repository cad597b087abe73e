import TestSupport
import Testing

/// Sessions whose legs are encrypted, with certificates that are and are not to be trusted.
struct SessionsTLSTests {
  private let certificates = CertificateFolder.shared

  @Test(arguments: [SessionsBench.Legs.client, .upstream, .both])
  func passes(_ legs: SessionsBench.Legs) throws {
    try SessionsBench("secure", ["passes", certificates.path, legs.rawValue], encrypted: legs).judge()
  }

  @Test(arguments: [("other", "host_mismatch"), ("expired", "certificate_expired"), ("rogue", "untrusted")])
  func refusesUpstream(_ name: String, _ error: String) throws {
    let bench = try SessionsBench("secure", ["refused", certificates.path, name], encrypted: .upstream)
    try bench.judge()
    #expect(bench.gateway.log.contains(#""event":"WS_UPSTREAM_UNREACHABLE","error":"tls \#(error)""#), "\(bench.gateway.log)")
  }

  @Test func servesPagesToCurl() throws {
    let bench = try SessionsBench("secure", ["passes", certificates.path, "client"], encrypted: .client)
    let curl = [
      "curl", "-sS", "-i", "--http1.1", "--cacert", certificates.file("ca.pem"), "https://127.0.0.1:\(bench.gateway.port)/health",
    ]
    let answer = try ChildProcess.run(curl)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(answer.contains("\r\nStrict-Transport-Security: max-age="))
    #expect(answer.hasSuffix("\r\n\r\n{\"status\":\"ok\"}"))
    try bench.judge()
  }

  /// The gateway looks at the files every few seconds.
  @Test func takesNewCertificate() throws {
    let folder = TemporaryFolder()
    for (name, copy) in [("localhost.pem", "tls.crt"), ("localhost.key", "tls.key")] {
      try ChildProcess.run(["cp", certificates.file(name), folder.file(copy)])
    }
    let bench = try SessionsBench(
      "secure", ["replaced", certificates.path], encrypted: .client, identity: (folder.file("tls.crt"), folder.file("tls.key")))
    try bench.tell()
    try bench.program.wait(for: "open")
    for (name, copy) in [("second.pem", "tls.crt"), ("second.key", "tls.key")] {
      try ChildProcess.run(["cp", certificates.file(name), folder.file(copy)])
    }
    try bench.gateway.waitForLog("certificate replaced")
    try bench.program.write("replaced\n")
    try bench.judge()
  }
}
