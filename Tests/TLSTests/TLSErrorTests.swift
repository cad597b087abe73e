import Testing
@testable import TLS

@Suite struct TLSErrorTests {
  @Test func namesAndTexts() {
    let table: [(TLSError, String, String)] = [
      (.certificateExpired, "certificate_expired", "certificate of the peer has expired"),
      (.certificateNotYetValid, "certificate_not_yet_valid", "certificate of the peer is not valid yet"),
      (.hostMismatch(host: "a.test"), "host_mismatch", "certificate of the peer is not for a.test"),
      (.untrusted(reason: "self-signed"), "untrusted", "certificate of the peer is not trusted: self-signed"),
      (.handshake(reason: "x"), "handshake", "tls handshake failed: x"),
      (.file(path: "/a", reason: "is empty"), "file", "/a: is empty"),
      (.closedEarly, "closed_early", "connection ended inside the tls session"),
      (.protocol(reason: "x"), "protocol", "tls session failed: x"),
      (.setting(reason: "x"), "setting", "tls setting: x"),
    ]
    for (error, name, text) in table {
      #expect(error.name == name)
      #expect("\(error)" == text)
    }
  }

  @Test func verificationCodes() {
    #expect(TLSError.verification(0, host: nil) == nil)
    #expect(TLSError.verification(9, host: nil) == .certificateNotYetValid)
    #expect(TLSError.verification(10, host: nil) == .certificateExpired)
    #expect(TLSError.verification(62, host: "a") == .hostMismatch(host: "a"))
    #expect(TLSError.verification(64, host: "::1") == .hostMismatch(host: "::1"))
    #expect(TLSError.verification(18, host: nil) == .untrusted(reason: "self-signed certificate"))
  }
}
