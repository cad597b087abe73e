import Configuration
import TestSupport
import Testing

@testable import Gateway

/// D22 and D23 of Docs/Compatibility.md: which pages may ask, and which may read.
@Suite struct CrossOriginTests {
  private func crossOrigin(_ origins: String..., settings: RouteCORS = RouteCORS()) -> CrossOrigin {
    CrossOrigin(origins: origins.compactMap { OriginPattern($0) }, settings: settings)
  }

  private func lines(_ headers: [(String, String)]?) -> [String]? { headers?.map { "\($0.0): \($0.1)" } }

  @Test func preflight() {
    let one = crossOrigin("https://app.example.com", "https://*.example.org")
    #expect(
      lines(one.preflight("https://app.example.com")?.headers) == [
        "Access-Control-Allow-Origin: https://app.example.com", "Access-Control-Allow-Credentials: true", "Vary: Origin",
        "Access-Control-Allow-Methods: GET, POST, OPTIONS",
        "Access-Control-Allow-Headers: Content-Type, Authorization, X-Trace-Id, X-Request-Id", "Access-Control-Max-Age: 600",
      ])
    #expect(one.preflight("https://a.example.org") != nil)
    for origin in ["https://evil.test", "http://app.example.com", "https://app.example.com.evil.test", "null", ""] {
      #expect(one.preflight(origin) == nil, "\(origin)")
    }
    #expect(crossOrigin().preflight("https://app.example.com") == nil)
  }

  @Test func settings() {
    var settings = RouteCORS()
    settings.credentials = false
    settings.headers = []
    settings.maxAge = .zero
    #expect(
      lines(crossOrigin("https://a.test", settings: settings).preflight("https://a.test")?.headers) == [
        "Access-Control-Allow-Origin: https://a.test", "Vary: Origin", "Access-Control-Allow-Methods: GET, POST, OPTIONS",
        "Access-Control-Max-Age: 0",
      ])
  }

  /// Whoever is let in by `*` alone gets nothing that belongs to a cookie.
  @Test func everybody() {
    let any = crossOrigin("*", "https://app.example.com")
    #expect(lines(any.headers(for: "https://evil.test")) == ["Access-Control-Allow-Origin: https://evil.test", "Vary: Origin"])
    #expect(any.headers(for: "https://app.example.com").contains { $0 == ("Access-Control-Allow-Credentials", "true") })
  }

  @Test func others() {
    let one = crossOrigin("https://app.example.com")
    #expect(lines(one.headers(for: nil)) == ["Vary: Origin"] && lines(one.headers(for: "https://evil.test")) == ["Vary: Origin"])
    #expect(lines(crossOrigin().headers(for: "https://app.example.com")) == [])
  }

  /// Every path that answers over HTTP, through a running gateway.
  @Test func everyPath() throws {
    let gateway = try GatewayProcess(
      AdmissionTable.head + """
        upstreams: {none: {url: "ws://127.0.0.1:9"}}
        routes:
          /one: {upstream: none, authentication: none, origins: ["https://one.test"], cors: {max_age: 5s}}
          /two/*: {upstream: none, authentication: none, origins: ["https://two.test"]}

        """)
    func preflight(_ path: String, _ origin: String) throws -> RawConnection.Head {
      try gateway.get(path, method: "OPTIONS", [("Origin", origin), ("Access-Control-Request-Method", "GET")])
    }
    let rows: [(String, String, Bool)] = [
      ("/one", "https://one.test", true), ("/one", "https://two.test", false), ("/two/deep", "https://two.test", true),
      ("/two/deep", "https://one.test", false), ("/health", "https://one.test", true), ("/ready", "https://two.test", true),
      ("/health", "https://evil.test", false),
    ]
    for (path, origin, isAllowed) in rows {
      let answer = try preflight(path, origin)
      #expect(answer.status == (isAllowed ? 200 : 403), "\(path) \(origin)")
      #expect(answer["Access-Control-Allow-Origin"] == (isAllowed ? [origin] : []), "\(path) \(origin)")
      #expect(answer["Access-Control-Allow-Methods"] == (isAllowed ? ["GET, POST, OPTIONS"] : []), "\(path) \(origin)")
      #expect(isAllowed || answer.text.contains("Origin not allowed"), "\(path) \(origin)")
      for (header, value) in RefusalTests.securityHeaders { #expect(answer[header] == [value]) }
    }
    #expect(try preflight("/one", "https://one.test")["Access-Control-Max-Age"] == ["5"])
    #expect(try preflight("/nowhere", "https://one.test").status == 404)
    #expect(try gateway.get("/health", [("Origin", "https://two.test")])["Access-Control-Allow-Origin"] == ["https://two.test"])
    let foreign = try gateway.get("/health", [("Origin", "https://evil.test")])
    #expect(foreign.status == 200 && foreign["Access-Control-Allow-Origin"] == [])
    #expect(try gateway.logLine(with: "WS_CONNECTION_BLOCKED_INVALID_ORIGIN", "https://evil.test").contains("127.0.0.xxx"))
  }
}
