import Configuration
import NIOHTTP1
import Testing
@testable import Gateway

/// Who may ask something of the operator's address: not the pages of other sites.
@Suite struct AdminAccessTests {
  private static func head(_ method: String, _ path: String, _ headers: [(String, String)]) -> RequestHead {
    RequestHead(HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: HTTPHeaders(headers)))
  }

  private static func refusal(
    _ method: String, _ headers: [(String, String)], path: String = "/reload", address: String = "127.0.0.1:9090", token: String? = nil
  ) throws -> Int? {
    let access = AdminAccess(address: try #require(ListenAddress(address)), token: token.map { Secret($0) })
    return access.refusal(head(method, path, headers))?.status
  }

  @Test(
    arguments: [
      ("localhost:9090", nil), ("localhost", nil), ("LocalHost:9090", nil), ("127.0.0.1:9090", nil), ("10.1.2.3", nil), ("[::1]:9090", nil),
      ("[::1]", nil), ("evil.test:9090", 421), ("evil.test", 421), ("localhost.evil.test", 421), ("127.0.0.1.evil.test:9090", 421),
      ("", 421), (":9090", 421), ("localhost:evil", 421), ("[evil]:80", 421), ("::1", 421), ("127.1", 421),
    ] as [(String, Int?)])
  func hosts(_ host: String, _ expected: Int?) throws {
    for method in ["GET", "POST"] {
      #expect(try Self.refusal(method, [("Host", host)]) == expected, "\(method)")
      // Who has the token is no page, and a page cannot reach a Unix socket.
      #expect(try Self.refusal(method, [("Host", host)], token: "t") == nil)
      #expect(try Self.refusal(method, [("Host", host)], address: "unix:/run/admin.sock") == nil)
      for path in ["/health", "/ready"] { #expect(try Self.refusal(method, [("Host", host)], path: path) == nil) }
    }
  }

  @Test func hostsOfNoneOrTwo() throws {
    #expect(try Self.refusal("GET", []) == 421)
    #expect(try Self.refusal("GET", [("Host", "localhost"), ("Host", "localhost")]) == 421)
  }

  @Test(
    arguments: [
      ("http://localhost:9090", nil), ("HTTP://LOCALHOST:9090", nil), ("https://localhost:9090", nil), ("http://localhost", 403),
      ("http://localhost:8080", 403), ("http://127.0.0.1:9090", 403), ("http://evil.test", 403), ("null", 403), ("", 403),
      ("localhost:9090", 403),
    ] as [(String, Int?)])
  func origins(_ origin: String, _ expected: Int?) throws {
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
      for token in [nil, "t"] {
        #expect(try Self.refusal(method, [("Host", "localhost:9090"), ("Origin", origin)], token: token) == expected)
      }
    }
    #expect(try Self.refusal("GET", [("Host", "localhost:9090"), ("Origin", origin)]) == nil)
  }

  @Test(arguments: [("same-origin", nil), ("none", nil), ("same-site", 403), ("cross-site", 403), ("anything", 403)] as [(String, Int?)])
  func fetchMetadata(_ site: String, _ expected: Int?) throws {
    #expect(try Self.refusal("POST", [("Host", "localhost"), ("Sec-Fetch-Site", site)]) == expected)
  }

  /// The last connections of an address that a reload has given up for one without a token.
  @Test(arguments: [
    ("127.0.0.1:9090", true), ("[::1]:9090", true), ("unix:/run/admin.sock", true), ("0.0.0.0:9090", false), ("10.1.2.3:9090", false),
  ])
  func withoutAToken(_ address: String, _ isAdmitted: Bool) throws {
    let access = AdminAccess(address: try #require(ListenAddress(address)), token: nil)
    #expect(access.admits(Self.head("GET", "/metrics", [("Authorization", "Bearer ")])) == isAdmitted)
  }

  @Test func tokens() throws {
    let access = AdminAccess(address: try #require(ListenAddress("0.0.0.0:9090")), token: Secret("right"))
    for (value, admits) in [("Bearer right", true), ("Bearer wrong", false), ("right", false), ("Bearer right ", false), ("", false)] {
      #expect(access.admits(Self.head("GET", "/", [("Authorization", value)])) == admits, "\(value)")
    }
    #expect(!access.admits(Self.head("GET", "/", [])))
  }
}
