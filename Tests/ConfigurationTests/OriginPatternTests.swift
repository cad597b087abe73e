import Configuration
import Testing

@Suite struct OriginPatternTests {
  @Test(arguments: [
    ("https://app.example.com", "https://app.example.com", true), ("https://app.example.com", "https://APP.example.com:443", true),
    ("https://app.example.com", "http://app.example.com", false), ("https://app.example.com", "https://app.example.com:8443", false),
    ("https://app.example.com", "https://app.example.com.evil.com", false),
    ("https://app.example.com", "https://evil-app.example.com", false),
    ("https://app.example.com", "https://app.example.com/", false), ("https://app.example.com", "null", false),
    ("https://app.example.com", "", false),
    ("http://localhost:3000", "http://localhost:3000", true), ("http://localhost:3000", "http://localhost:3001", false),
    ("http://localhost", "http://localhost:80", true),
    ("https://*.example.com", "https://a.example.com", true), ("https://*.example.com", "https://a.b.example.com", true),
    ("https://*.example.com", "https://example.com", false),
    ("https://*.example.com", "https://evilexample.com", false), ("https://*.example.com", "https://evil-example.com", false),
    ("https://*.example.com", "http://a.example.com", false),
    ("https://*.example.com", "https://a.example.com.evil.com", false), ("https://*.example.com", "https://a.example.com:444", false),
    ("https://*.example.com", "https://.example.com", false),
    ("https://*.example.com:8443", "https://a.example.com:8443", true), ("http://[::1]:3000", "http://[0:0::1]:3000", true),
    ("capacitor://localhost", "capacitor://localhost", true),
    ("*", "https://anything.example", true), ("*", "null", true),
  ])
  func matches(pattern: String, origin: String, expected: Bool) throws {
    #expect(try #require(OriginPattern(pattern)).matches(origin) == expected)
  }

  @Test(arguments: [
    "", "example.com", "https://", "https://example.com/", "https://example.com/path", "https://*", "https://*.", "https://a.*.example.com",
    "*.example.com", "https://exa mple.com",
    "https://example.com:0", "https://example.com:99999", "https://user@example.com", "://example.com", "https://*.127.0.0.1", "null",
    "https://-a.com",
  ])
  func refused(text: String) {
    #expect(OriginPattern(text) == nil)
  }
}
