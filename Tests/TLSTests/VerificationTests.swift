import TestSupport
import Testing
@testable import TLS

private let files = CertificateFolder.shared

/// Whom either side believes (RFC 5280, RFC 6125), in both versions.
@Suite struct VerificationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let certificate: String
    let name: String
    let failure: TLSError?
    var testDescription: String { "\(certificate) as \(name)" }
  }

  static let cases = [
    Case(certificate: "localhost", name: "localhost", failure: nil),
    Case(certificate: "localhost", name: "LOCALHOST.", failure: nil),
    Case(certificate: "localhost", name: "127.0.0.1", failure: nil),
    Case(certificate: "localhost", name: "::1", failure: nil),
    Case(certificate: "localhost", name: "[0:0::1]", failure: nil),
    Case(certificate: "localhost", name: "127.0.0.2", failure: .hostMismatch(host: "127.0.0.2")),
    Case(certificate: "localhost", name: "localhost.example", failure: .hostMismatch(host: "localhost.example")),
    Case(certificate: "wild", name: "a.example.test", failure: nil),
    Case(certificate: "wild", name: "a.b.example.test", failure: .hostMismatch(host: "a.b.example.test")),
    Case(certificate: "wild", name: "example.test", failure: .hostMismatch(host: "example.test")),
    // The common name does not count when there are alternative names (RFC 6125 section 6.4.4).
    Case(certificate: "other", name: "localhost", failure: .hostMismatch(host: "localhost")),
    Case(certificate: "expired", name: "localhost", failure: .certificateExpired),
    Case(certificate: "rogue", name: "localhost", failure: .untrusted(reason: "unable to get local issuer certificate")),
  ]

  @Test(arguments: cases, TLSVersion.allCases)
  func clientVerifiesTheServer(example: Case, version: TLSVersion) throws {
    let server = try TLSContext(server: files.server(example.certificate))
    var pair = try MemoryPair(TLSContext(client: files.client(version)), server, name: example.name)
    if let failure = example.failure {
      #expect(throws: failure) { try pair.handshake() }
      let clientHasPendingCiphertext = pair.client.hasPendingCiphertext
      #expect(clientHasPendingCiphertext, "the alert that tells the server")
    } else {
      try pair.handshake()
    }
  }

  @Test func systemTrustKnowsNothingOfOurs() throws {
    var pair = try MemoryPair(TLSContext(client: ClientSettings()), TLSContext(server: files.server()))
    #expect(throws: TLSError.untrusted(reason: "unable to get local issuer certificate")) { try pair.handshake() }
  }

  @Test func theServersOwnCertificateCanBeTheTrust() throws {
    let pinned = ClientSettings(trust: .only(.file(files.file("localhost.pem"))))
    var pair = try MemoryPair(TLSContext(client: pinned), TLSContext(server: files.server()))
    try pair.handshake()
    var other = try MemoryPair(TLSContext(client: pinned), TLSContext(server: files.server("second")))
    #expect(throws: TLSError.untrusted(reason: "unable to get local issuer certificate")) { try other.handshake() }
  }

  @Test(arguments: ["", ".", "a b", "exa\u{0}mple", "höst", "a/b", String(repeating: "a", count: 254)])
  func impossibleNamesAreRefused(name: String) throws {
    let context = try TLSContext(client: files.client())
    #expect(throws: TLSError.self) { _ = try context.makeClientSession(serverName: name) }
  }

  struct ClientCase: Sendable, CustomTestStringConvertible {
    let certificate: String?
    let required: Bool
    /// What the server says; nil when it lets the client in.
    let failure: TLSError?
    var testDescription: String { "\(certificate ?? "none"), \(required ? "required" : "optional")" }
  }

  static let clientCases = [
    ClientCase(certificate: "alice", required: true, failure: nil),
    ClientCase(certificate: "alice", required: false, failure: nil),
    ClientCase(certificate: nil, required: false, failure: nil),
    ClientCase(certificate: nil, required: true, failure: .handshake(reason: "peer did not return a certificate")),
    ClientCase(certificate: "mallory", required: true, failure: .untrusted(reason: "unable to get local issuer certificate")),
    ClientCase(certificate: "mallory", required: false, failure: .untrusted(reason: "unable to get local issuer certificate")),
    ClientCase(certificate: "expired", required: true, failure: .certificateExpired),
  ]

  @Test(arguments: clientCases, TLSVersion.allCases)
  func serverVerifiesTheClient(example: ClientCase, version: TLSVersion) throws {
    let authorities = PEM.file(files.file("ca.pem"))
    let clients: ServerSettings.ClientCertificates =
      example.required ? .required(authorities: authorities) : .optional(authorities: authorities)
    let client = try TLSContext(client: files.client(version, identity: example.certificate.map { files.identity($0) }))
    var pair = try MemoryPair(client, TLSContext(server: files.server("localhost", .v13, clients)))
    guard let failure = example.failure else {
      try pair.handshake()
      let serverPeerSubject = pair.server.peerSubject
      #expect(serverPeerSubject == (example.certificate == nil ? nil : "CN=alice,O=Example"))
      #expect(
        pair.server.peerAlternativeNames
          == (example.certificate == nil ? [] : ["DNS:alice.example", "URI:spiffe://example/alice", "EMAIL:alice@example.test"]))
      return
    }
    // A TLS 1.3 client is done before the server has seen its certificate; in 1.2 the failing side is asked here.
    #expect(throws: failure) {
      while true {
        if try pair.client.handshake() == .done, version == .v12 { break }
        let flight = pair.client.drain()
        MemoryPair.feed(flight[...], to: &pair.server)
        if try pair.server.handshake() == .done { break }
        MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
      }
    }
    MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
    let told = #expect(throws: TLSError.self) {
      _ = try pair.client.handshake()
      _ = try MemoryPair.readAll(&pair.client)
    }
    #expect(told.map { "\($0)".contains("alert") } == true, "\(String(describing: told))")
  }
}
