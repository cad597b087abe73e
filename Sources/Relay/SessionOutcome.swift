import Telemetry
import WebSocket

/// Which end of a session, or the gateway itself.
public typealias Party = SessionRecord.Side

extension Party {
  /// The gateway's role on the leg of an end: the server of the client, and the client of the upstream (RFC 6455 section 5.1).
  var receiver: Role { self == .upstream ? .client : .server }
}

/// Why a session is ended by the gateway, and what each end is told.
public struct SessionEnd: Sendable, Equatable {
  /// Stable name for logs and metrics.
  public let name: String
  public let code: CloseCode
  public let reason: String

  public init(name: String, code: CloseCode, reason: String) {
    self.name = name
    self.code = code
    self.reason = reason
  }

  static let downstreamIdle = SessionEnd(name: "client_idle", code: .goingAway, reason: "Client idle")
  static let upstreamIdle = SessionEnd(name: "upstream_idle", code: .goingAway, reason: "Upstream idle")
  static let earlyBytes = SessionEnd(name: "early_bytes", code: .policyViolation, reason: "Too many bytes before authentication")
  public static let sessionLimit = SessionEnd(name: "session_limit", code: .goingAway, reason: "Session time limit")
}

/// How a session went; made once, when both legs have ended.
public struct SessionOutcome: Sendable {
  /// What came from one end: whole messages, counted at their last frame's header, and application bytes.
  public typealias Traffic = SessionRecord.Traffic

  public let id: UInt64
  public var closedBy: Party = .gateway
  /// `closed`, `lost`, `ping_timeout`, `stalled`, the name of a protocol violation or of the gateway's own reason.
  public var cause = "closed"
  /// The code of the Close frame that ended it, if there was one with a code.
  public var code: CloseCode?
  /// The close reason the gateway saw or sent; at most 123 bytes.
  public var reason = ""
  public var downstream = Traffic()
  public var upstream = Traffic()
  /// Milliseconds from the hand-over.
  public var duration: Int64 = 0
  /// Milliseconds from the hand-over of the first upstream to its first data frame.
  public var firstUpstreamMessage: Int64?
}
