import Testing
@testable import Guards

@Suite struct SecurityHeadersTests {
  @Test func areThoseThatFrontendsTestFor() {
    let headers = SecurityHeaders.all(tls: true).map { "\($0.name): \($0.value)" }
    #expect(
      headers == [
        "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "X-XSS-Protection: 1; mode=block",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'", "Referrer-Policy: no-referrer",
        "Strict-Transport-Security: max-age=31536000; includeSubDomains",
      ])
  }

  @Test func transportSecurityOnlyOverTLS() {
    #expect(!SecurityHeaders.all(tls: false).contains { $0.name == "Strict-Transport-Security" })
    #expect(SecurityHeaders.all(tls: false).count == 5)
  }
}
