import Testing
@testable import Guards

@Suite struct MTLSGuardTests {
  static let alice = ClientCertificate(
    subject: "CN=alice,O=Example", alternativeNames: ["DNS:alice.example", "URI:spiffe://example/alice", "EMAIL:alice@example.test"])

  static let rows: [(MTLSGuard, ClientCertificate, Identification)] = [
    (MTLSGuard(name: .subject), alice, .caller(Caller(subject: "alice", method: "mtls"))),
    (MTLSGuard(name: .subject, allowed: ["bob", "alice"]), alice, .caller(Caller(subject: "alice", method: "mtls"))),
    (MTLSGuard(name: .subject, allowed: ["bob"]), alice, refused("name_not_allowed")),
    (MTLSGuard(name: .subject, allowed: ["Alice", "alice ", "alice.example"]), alice, refused("name_not_allowed")),
    (MTLSGuard(name: .subject, allowed: ["\u{e9}"]), .init(subject: "CN=e\u{301}", alternativeNames: []), refused("name_not_allowed")),
    (MTLSGuard(name: .subject), .init(subject: "O=Example", alternativeNames: []), refused("no_name")),
    (MTLSGuard(name: .subject), .init(subject: "CN=", alternativeNames: []), refused("no_name")),
    (MTLSGuard(name: .subject), .init(subject: "CN=alice,CN=root", alternativeNames: []), refused("no_name")),
    (MTLSGuard(name: .san), alice, .caller(Caller(subject: "DNS:alice.example", method: "mtls"))),
    (MTLSGuard(name: .san, allowed: ["alice.example"]), alice, .caller(Caller(subject: "DNS:alice.example", method: "mtls"))),
    (
      MTLSGuard(name: .san, allowed: ["URI:spiffe://example/alice"]), alice,
      .caller(Caller(subject: "URI:spiffe://example/alice", method: "mtls"))
    ),
    (
      MTLSGuard(name: .san, allowed: ["spiffe://example/alice"]), alice,
      .caller(Caller(subject: "URI:spiffe://example/alice", method: "mtls"))
    ),
    (MTLSGuard(name: .san, allowed: ["spiffe://example/bob", "//example/alice", "alice"]), alice, refused("name_not_allowed")),
    (MTLSGuard(name: .san), .init(subject: "CN=alice", alternativeNames: []), refused("no_name")),
  ]

  @Test(arguments: rows)
  func names(guarded: MTLSGuard, certificate: ClientCertificate, expected: Identification) {
    #expect(guarded.identify(evidence("ignored", certificate: certificate), now: moment()) == expected)
  }

  @Test func withoutACertificateOthersAreAsked() {
    #expect(MTLSGuard(name: .subject).identify(evidence("x"), now: moment()) == .absent)
  }
}
