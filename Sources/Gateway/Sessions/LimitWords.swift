import Guards
import JSON
import Relay
import WebSocket

/// What a client is told of limits inside its session.
enum LimitWords {
  /// How a session ends for a limit.
  static func end(_ measure: Measure) -> SessionEnd {
    SessionEnd(name: "limit_\(measure.rawValue)", code: .tryAgainLater, reason: measure.exceeded)
  }

  /// The limit is exceeded.
  ///
  /// - Parameter wait: seconds until trying again can help.
  static func exceeded(_ measure: Measure, wait: Int) -> [UInt8] {
    let event: JSONValue = [
      "type": "error",
      "error": [
        "type": "rate_limited", "limit": .string(measure.rawValue), "message": .string(measure.exceeded),
        "retry_after": .int(Int64(max(1, wait))),
      ],
    ]
    return event.serialize()
  }

  /// Little is left.
  static func near(_ limit: String, remaining: Int) -> [UInt8] {
    warning(["type": "limit_near", "limit": .string(limit), "remaining": .int(Int64(remaining))])
  }

  /// The limit is exceeded, and the turn under way may still be ended.
  ///
  /// - Parameter grace: seconds that it has for that.
  static func reached(_ limit: String, grace: Int64) -> [UInt8] {
    warning(["type": "limit_reached", "limit": .string(limit), "grace": .int(grace)])
  }

  private static func warning(_ content: JSONValue) -> [UInt8] {
    let event: JSONValue = ["type": "warning", "warning": content]
    return event.serialize()
  }
}

extension Metered {
  /// What a client is told that went beyond the limit by `cost`.
  func exceeded(by cost: Int, now: UInt64) -> [UInt8] {
    LimitWords.exceeded(measure, wait: Budget.seconds(meter.wait(for: min(cost, meter.burst), now: now) ?? 0))
  }
}
