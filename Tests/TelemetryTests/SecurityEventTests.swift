import FoundationEssentials
import Testing
@testable import Telemetry

@Suite struct SecurityEventTests {
  private static let ip = "192.168.1.xxx"

  /// Names and fields of the contract, and of the gateway's own events.
  static let table: [(SecurityEvent, String, String)] = [
    (
      .connectionEstablished(ip: ip, totalConnections: 1), "info",
      #""event":"WS_CONNECTION_ESTABLISHED","ip":"192.168.1.xxx","totalConnections":1"#
    ),
    (
      .connectionClosed(ip: ip, code: 1000, reason: "Closed by client", remainingConnections: 0), "info",
      #""event":"WS_CONNECTION_CLOSED","code":1000,"ip":"192.168.1.xxx","reason":"Closed by client","remainingConnections":0"#
    ),
    (
      .connectionClosed(ip: ip, code: nil, reason: "", remainingConnections: 2), "info",
      #""event":"WS_CONNECTION_CLOSED","code":1006,"ip":"192.168.1.xxx","reason":"","remainingConnections":2"#
    ),
    (.connectionError(ip: ip, error: "lost"), "error", #""event":"WS_CONNECTION_ERROR","error":"lost","ip":"192.168.1.xxx""#),
    (
      .connectionCleanupWarning(ip: ip, message: "slot was held", currentConnections: 1), "error",
      #""event":"WS_CONNECTION_CLEANUP_WARNING","message":"slot was held","currentConnections":1,"ip":"192.168.1.xxx""#
    ),
    (.blockedFeatureDisabled(ip: ip), "warning", #""event":"WS_CONNECTION_BLOCKED_FEATURE_DISABLED","ip":"192.168.1.xxx""#),
    (
      .blockedInvalidOrigin(ip: ip, origin: "https://evil.example"), "warning",
      #""event":"WS_CONNECTION_BLOCKED_INVALID_ORIGIN","ip":"192.168.1.xxx","origin":"https://evil.example""#
    ),
    (.blockedRateLimit(ip: ip), "warning", #""event":"WS_CONNECTION_BLOCKED_RATE_LIMIT","ip":"192.168.1.xxx""#),
    (
      .blockedConnectionLimit(ip: ip, currentConnections: 3, maxAllowed: 3), "warning",
      #""event":"WS_CONNECTION_BLOCKED_CONNECTION_LIMIT","currentConnections":3,"ip":"192.168.1.xxx","maxAllowed":3"#
    ),
    (.blockedNetwork(ip: ip), "warning", #""event":"WS_CONNECTION_BLOCKED_NETWORK","ip":"192.168.1.xxx""#),
    (
      .blockedForwarding(ip: ip, error: "malformed"), "warning",
      #""event":"WS_CONNECTION_BLOCKED_FORWARDING","error":"malformed","ip":"192.168.1.xxx""#
    ),
    (
      .blockedHandshakeLimit(ip: ip, currentConnections: 128, maxAllowed: 128), "warning",
      #""event":"WS_CONNECTION_BLOCKED_HANDSHAKE_LIMIT","currentConnections":128,"ip":"192.168.1.xxx","maxAllowed":128"#
    ),
    (
      .authUnknownTier(ip: ip, userId: "alice", tier: "gold"), "warning",
      #""event":"WS_AUTH_UNKNOWN_TIER","ip":"192.168.1.xxx","tier":"gold","userId":"alice""#
    ),
    (
      .limitWarning(ip: ip, tier: "gold", measure: "audio", scope: "subject"), "info",
      #""event":"WS_SESSION_LIMIT_WARNING","ip":"192.168.1.xxx","measure":"audio","scope":"subject","tier":"gold""#
    ),
    (
      .limitExceeded(ip: ip, tier: "gold", measure: "messages", scope: "ip"), "warning",
      #""event":"WS_SESSION_LIMIT_EXCEEDED","ip":"192.168.1.xxx","measure":"messages","scope":"ip","tier":"gold""#
    ),
    (.blockedDraining(ip: ip), "warning", #""event":"WS_CONNECTION_BLOCKED_DRAINING","ip":"192.168.1.xxx""#),
    (
      .blockedOverCapacity(ip: ip, currentConnections: 10, maxAllowed: 10), "warning",
      #""event":"WS_CONNECTION_BLOCKED_OVER_CAPACITY","currentConnections":10,"ip":"192.168.1.xxx","maxAllowed":10"#
    ),
    (.authSuccess(ip: ip, userId: "alice"), "info", #""event":"WS_AUTH_SUCCESS","ip":"192.168.1.xxx","userId":"alice""#),
    (.authFailedNoToken(ip: ip), "warning", #""event":"WS_AUTH_FAILED_NO_TOKEN","ip":"192.168.1.xxx""#),
    (
      .authFailedInvalidToken(ip: ip, error: "expired"), "warning",
      #""event":"WS_AUTH_FAILED_INVALID_TOKEN","error":"expired","ip":"192.168.1.xxx""#
    ),
    (
      .authUnavailable(ip: ip, error: "keys_unavailable"), "error",
      #""event":"WS_AUTH_UNAVAILABLE","error":"keys_unavailable","ip":"192.168.1.xxx""#
    ),
    (.authTimeout(ip: ip), "warning", #""event":"WS_CONNECTION_AUTH_TIMEOUT","ip":"192.168.1.xxx""#),
    (.authBlockedRateLimit(ip: ip), "warning", #""event":"WS_AUTH_BLOCKED_RATE_LIMIT","ip":"192.168.1.xxx""#),
    (
      .upstreamRefused(ip: ip, upstream: "deepgram", status: 401), "error",
      #""event":"WS_UPSTREAM_REFUSED","ip":"192.168.1.xxx","status":401,"upstream":"deepgram""#
    ),
    (
      .upstreamUnreachable(ip: ip, upstream: "deepgram", error: "connection refused"), "error",
      #""event":"WS_UPSTREAM_UNREACHABLE","error":"connection refused","ip":"192.168.1.xxx","upstream":"deepgram""#
    ),
    (
      .upstreamTimeout(ip: ip, upstream: "deepgram", phase: "ready"), "error",
      #""event":"WS_UPSTREAM_TIMEOUT","ip":"192.168.1.xxx","phase":"ready","upstream":"deepgram""#
    ),
    (
      .sessionTokenIssued(ip: ip, userId: "alice", route: "/listen"), "info",
      #""event":"HTTP_SESSION_TOKEN_ISSUED","ip":"192.168.1.xxx","route":"/listen","userId":"alice""#
    ),
    (
      .httpRateLimitExceeded(ip: ip, path: "/test?token=SECRET"), "warning",
      #""event":"HTTP_RATE_LIMIT_EXCEEDED","ip":"192.168.1.xxx","path":"/test""#
    ),
  ]

  @Test(arguments: 0..<table.count)
  func isLogged(_ row: Int) {
    let (event, level, rest) = Self.table[row]
    let lines = Lines()
    event.log(to: lines.logger())
    #expect(lines.all == [#"{"time":"2026-11-27T06:56:06.123Z","level":"\#(level)",\#(rest)}"# + "\n"])
  }

  @Test func whatOthersChoseIsCutAndCleaned() {
    let lines = Lines()
    let origin = "https://x\r\n" + String(repeating: "a", count: 10_000)
    SecurityEvent.blockedInvalidOrigin(ip: Self.ip, origin: origin).log(to: lines.logger(), session: "s1")
    #expect(lines.all[0].utf8.count < 600)
    #expect(!lines.all[0].contains(#"\n"#))
    #expect(lines.all[0].contains(#""session":"s1""#))
  }

  /// The page for reviewers lists every event with its level and exactly its fields.
  @Test(arguments: 0..<table.count)
  func isDocumented(_ row: Int) throws {
    let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = try String(contentsOfFile: "/\(path)/Docs/SecurityLog.md", encoding: .utf8)
    let (event, level, _) = Self.table[row]
    let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("| `\(event.name)` |") })
    let cells = line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(cells[1] == level)
    #expect(Set(cells[2].split(separator: ",").map { $0.filter { $0 != "`" && $0 != " " } }) == Set(event.fields.keys))
  }
}
