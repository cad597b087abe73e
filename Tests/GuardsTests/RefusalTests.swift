import FoundationEssentials
import JSON
import Telemetry
import Testing
@testable import Guards

@Suite struct RefusalTests {
  /// Type, status, close and headers of every refusal: the contract.
  static let table: [(Refusal.Kind, String, Int, String?, [String])] = [
    (.notFound, "not_found", 404, nil, []),
    (.methodNotAllowed, "method_not_allowed", 405, nil, ["Allow: GET"]),
    (.upgradeRequired, "upgrade_required", 426, nil, ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]),
    (.badRequest, "bad_request", 400, nil, []),
    (.headTimeout, "head_timeout", 408, nil, []),
    (.headTooLarge, "head_too_large", 431, nil, []),
    (.forbiddenNetwork, "forbidden_network", 403, "1008 Network not allowed", []),
    (.forbiddenOrigin, "forbidden_origin", 403, "1008 Origin not allowed", []),
    (.forbidden, "forbidden", 403, "1008 Not allowed on this route", []),
    (.unauthorized, "unauthorized", 401, "1008 Authentication required", ["WWW-Authenticate: Bearer"]),
    (
      .authenticationUnavailable, "authentication_unavailable", 503, "1013 Authentication unavailable, try again later",
      ["Retry-After: 10"]
    ),
    (.rateLimited, "rate_limited", 429, "1013 Too many requests", ["Retry-After: 60"]),
    (.tooManySessions, "too_many_sessions", 429, "1013 Too many concurrent sessions", ["Retry-After: 10"]),
    (.disabled, "disabled", 503, "1013 Service disabled", ["Retry-After: 60"]),
    (.draining, "draining", 503, "1013 Shutting down, try again", ["Retry-After: 1"]),
    (.overCapacity, "over_capacity", 503, "1013 Over capacity, try again later", ["Retry-After: 10"]),
    (.circuitOpen, "circuit_open", 503, "1013 Upstream unavailable, try again later", ["Retry-After: 10"]),
    (.misconfigured, "misconfigured", 503, "1011 Server configuration error", ["Retry-After: 60"]),
    (.upstreamRefused, "upstream_refused", 502, "1011 Proxy error", []),
    (.upstreamUnreachable, "upstream_unreachable", 502, "1011 Proxy error", []),
    (.upstreamTimeout, "upstream_timeout", 504, "1011 Proxy error", []),
    (.internalError, "internal_error", 500, "1011 Proxy error", []),
  ]

  @Test func theTableIsComplete() {
    #expect(Set(Self.table.map(\.0)) == Set(Refusal.Kind.allCases))
  }

  @Test(arguments: 0..<table.count)
  func isAnswered(_ row: Int) throws {
    let (kind, type, status, close, headers) = Self.table[row]
    let refusal = Refusal(kind)
    #expect(refusal.type == type)
    #expect(refusal.status == status)
    #expect(refusal.close.map { "\($0.code) \($0.reason)" } == close)
    let common = ["Content-Type: application/json", "Cache-Control: no-store"]
    #expect(refusal.headers.map { "\($0.name): \($0.value)" } == common + headers)
    let body = try JSONValue.parse(refusal.body(session: "s-1"))
    #expect(body == ["error": ["type": .string(type), "message": .string(refusal.message), "session": "s-1"]])
  }

  /// RFC 6455 section 5.5: a Close frame has 125 bytes, two of them for the code.
  @Test(arguments: Refusal.Kind.allCases)
  func closeReasonsFit(_ kind: Refusal.Kind) {
    #expect(Refusal(kind).closeReason.utf8.count <= 123)
  }

  /// A client behind any proxy must be told when to come back (RFC 9110 section 10.2.3).
  @Test(arguments: Refusal.Kind.allCases)
  func everyTryLaterSaysWhen(_ kind: Refusal.Kind) {
    let refusal = Refusal(kind)
    if refusal.status == 429 || refusal.status == 503 { #expect(refusal.retryAfter != nil) }
    #expect((refusal.status == 401) == (refusal.challenge != nil))
  }

  @Test func theBodyIsByteForByte() {
    let body = Refusal(.rateLimited).body(session: "01J9")
    #expect(String(decoding: body, as: UTF8.self) == #"{"error":{"type":"rate_limited","message":"Too many requests","session":"01J9"}}"#)
  }

  @Test func nothingEscapesTheBody() throws {
    let refusal = Refusal(.badRequest, message: "a \"quoted\" \\ line\r\nfeed é")
    let body = refusal.body(session: "x\"},{\"\u{0}é/1")
    #expect(try JSONValue.parse(body) == ["error": ["type": "bad_request", "message": "a quoted  linefeed ", "session": "x1"]])
  }

  @Test func aLimitIsInTheHeaders() {
    let budget = Budget(allowed: false, limit: 10, remaining: 0, reset: 30 * second, retryAfter: 30 * second)
    let refusal = Refusal(.rateLimited, retryAfter: 30, budget: budget)
    #expect(
      refusal.headers.dropFirst(2).map { "\($0.name): \($0.value)" } == [
        "Retry-After: 30", "RateLimit-Limit: 10", "RateLimit-Remaining: 0", "RateLimit-Reset: 30",
      ])
  }

  /// The registry for people who write clients says the same as the code.
  @Test(arguments: Refusal.Kind.allCases)
  func theRegistryHasIt(_ kind: Refusal.Kind) throws {
    let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let registry = try String(contentsOfFile: "/\(path)/Docs/CloseCodes.md", encoding: .utf8)
    let refusal = Refusal(kind)
    if let close = refusal.close {
      #expect(registry.contains("| \(close.code) | `\(close.reason)` | \(refusal.status) | `\(refusal.type)` |"))
    } else {
      #expect(registry.contains("\(refusal.status) `\(refusal.type)`"))
    }
  }
}
