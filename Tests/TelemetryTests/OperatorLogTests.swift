import Logging
import Testing
@testable import Telemetry

@Suite struct OperatorLogTests {
  private let lines = Lines()
  private let events = RecentEvents()

  private func logger(_ level: OperatorLog.Level) -> Logger {
    var logger = lines.logger(level: .trace)
    logger.handler = OperatorLog(logger.handler, level: level, events: events) { Timestamp(milliseconds: 7) }
    return logger
  }

  @Test func anotherLevelForAllCopies() {
    let level = OperatorLog.Level(.warning)
    let one = logger(level), other = one
    one.info("hidden")
    level.current = .debug
    one.debug("first")
    other.debug("second")
    other.trace("hidden")
    level.current = .error
    other.warning("hidden")
    other.error("third")
    #expect(lines.all.count == 3 && zip(lines.all, ["first", "second", "third"]).allSatisfy { $0.contains($1) })
  }

  /// Security events are remembered whether they are logged or not, with what the log would have had; nothing else is.
  @Test func remembersEvents() {
    let logger = logger(OperatorLog.Level(.error))
    logger.error("no event", metadata: ["event": "session"])
    SecurityEvent.blockedDraining(ip: "10.0.0.xxx").log(to: logger, session: "abc")
    SecurityEvent.httpRateLimitExceeded(ip: "10.0.0.xxx", path: "/x?token=canary").log(to: logger)
    #expect(lines.all.count == 1)
    let latest = events.latest
    #expect(latest.map { $0.fields["event"] } == ["HTTP_RATE_LIMIT_EXCEEDED", "WS_CONNECTION_BLOCKED_DRAINING"])
    #expect(latest.last?.fields == ["event": "WS_CONNECTION_BLOCKED_DRAINING", "ip": "10.0.0.xxx", "session": "abc"])
    #expect(latest.allSatisfy { $0.level == .warning && $0.time.milliseconds == 7 })
    #expect(!"\(latest)".contains("canary"))
  }

  /// Every name that a security event has is one that is remembered.
  @Test func knowsItsNames() {
    for event in [
      SecurityEvent.authTimeout(ip: ""), .connectionEstablished(ip: "", totalConnections: 1), .httpRateLimitExceeded(ip: "", path: ""),
    ] {
      #expect(SecurityEvent.isName(event.name))
    }
    for name in ["session", "draining", ""] { #expect(!SecurityEvent.isName(name)) }
  }
}
