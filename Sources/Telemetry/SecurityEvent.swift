import Logging

/// Something a security reviewer wants to see, with its fields. Names and fields are contract; Docs/SecurityLog.md lists them.
///
/// `ip` is the form of the client's address that the configuration allows in logs (masked unless told otherwise), made by the caller.
public enum SecurityEvent: Sendable, Equatable {
  // Sessions. Counts are those of the address.
  case connectionEstablished(ip: String, totalConnections: Int)
  case connectionClosed(ip: String, code: UInt16?, reason: String, remainingConnections: Int)
  case connectionError(ip: String, error: String)
  case connectionCleanupWarning(ip: String, message: String, currentConnections: Int)

  // Refused before the credential was looked at.
  case blockedFeatureDisabled(ip: String)
  case blockedNetwork(ip: String)
  case blockedInvalidOrigin(ip: String, origin: String)
  case blockedRateLimit(ip: String)
  case blockedConnectionLimit(ip: String, currentConnections: Int, maxAllowed: Int)
  case blockedDraining(ip: String)
  case blockedOverCapacity(ip: String, currentConnections: Int, maxAllowed: Int)
  /// Too many handshakes in progress, of the address or in all.
  case blockedHandshakeLimit(ip: String, currentConnections: Int, maxAllowed: Int)
  /// The connection does not begin as its proxy should begin it; `error` says how.
  case blockedProxyHeader(ip: String, error: String)
  /// What a trusted proxy sends of its client does not say which that is; `error` says why, `ip` is the proxy.
  case blockedForwarding(ip: String, error: String)

  // The credential.
  case authSuccess(ip: String, userId: String)
  case authFailedNoToken(ip: String)
  /// `error` is the stable name of what was wrong, never the token.
  case authFailedInvalidToken(ip: String, error: String)
  case authTimeout(ip: String)
  /// Nobody can tell now whether the credential is good: whoever has to be asked does not answer. `error` is the stable name of why.
  case authUnavailable(ip: String, error: String)
  /// Too many failures from this address: credentials are not looked at any more.
  case authBlockedRateLimit(ip: String)
  /// A good credential names a tier that is not in the route table; the route's own holds.
  case authUnknownTier(ip: String, userId: String, tier: String)

  // Limits inside a session: `measure` is what was counted, `scope` who shares the limit.
  case limitWarning(ip: String, tier: String, measure: String, scope: String)
  case limitExceeded(ip: String, tier: String, measure: String, scope: String)

  // The vendor.
  case upstreamRefused(ip: String, upstream: String, status: Int)
  case upstreamUnreachable(ip: String, upstream: String, error: String)
  case upstreamTimeout(ip: String, upstream: String, phase: String)

  // Plain HTTP.
  /// A session token was given out; `userId` is who fetched it, `route` what it is for.
  case sessionTokenIssued(ip: String, userId: String, route: String)
  case httpRateLimitExceeded(ip: String, path: String)

  /// Whether a record of this name is a security event, not a session's or another.
  static func isName(_ name: String) -> Bool { name.hasPrefix("WS_") || name.hasPrefix("HTTP_") }

  /// The name in the log.
  public var name: String {
    switch self {
    case .connectionEstablished: "WS_CONNECTION_ESTABLISHED"
    case .connectionClosed: "WS_CONNECTION_CLOSED"
    case .connectionError: "WS_CONNECTION_ERROR"
    case .connectionCleanupWarning: "WS_CONNECTION_CLEANUP_WARNING"
    case .blockedFeatureDisabled: "WS_CONNECTION_BLOCKED_FEATURE_DISABLED"
    case .blockedNetwork: "WS_CONNECTION_BLOCKED_NETWORK"
    case .blockedInvalidOrigin: "WS_CONNECTION_BLOCKED_INVALID_ORIGIN"
    case .blockedRateLimit: "WS_CONNECTION_BLOCKED_RATE_LIMIT"
    case .blockedConnectionLimit: "WS_CONNECTION_BLOCKED_CONNECTION_LIMIT"
    case .blockedDraining: "WS_CONNECTION_BLOCKED_DRAINING"
    case .blockedOverCapacity: "WS_CONNECTION_BLOCKED_OVER_CAPACITY"
    case .blockedHandshakeLimit: "WS_CONNECTION_BLOCKED_HANDSHAKE_LIMIT"
    case .blockedProxyHeader: "WS_CONNECTION_BLOCKED_PROXY_HEADER"
    case .blockedForwarding: "WS_CONNECTION_BLOCKED_FORWARDING"
    case .authSuccess: "WS_AUTH_SUCCESS"
    case .authFailedNoToken: "WS_AUTH_FAILED_NO_TOKEN"
    case .authFailedInvalidToken: "WS_AUTH_FAILED_INVALID_TOKEN"
    case .authTimeout: "WS_CONNECTION_AUTH_TIMEOUT"
    case .authUnavailable: "WS_AUTH_UNAVAILABLE"
    case .authBlockedRateLimit: "WS_AUTH_BLOCKED_RATE_LIMIT"
    case .authUnknownTier: "WS_AUTH_UNKNOWN_TIER"
    case .limitWarning: "WS_SESSION_LIMIT_WARNING"
    case .limitExceeded: "WS_SESSION_LIMIT_EXCEEDED"
    case .upstreamRefused: "WS_UPSTREAM_REFUSED"
    case .upstreamUnreachable: "WS_UPSTREAM_UNREACHABLE"
    case .upstreamTimeout: "WS_UPSTREAM_TIMEOUT"
    case .sessionTokenIssued: "HTTP_SESSION_TOKEN_ISSUED"
    case .httpRateLimitExceeded: "HTTP_RATE_LIMIT_EXCEEDED"
    }
  }

  /// Successes are information, refusals warnings, and what the gateway or a vendor got wrong are errors.
  public var level: Logger.Level {
    switch self {
    case .connectionEstablished, .connectionClosed, .authSuccess, .limitWarning, .sessionTokenIssued: .info
    case .connectionError, .connectionCleanupWarning, .authUnavailable, .upstreamRefused, .upstreamUnreachable, .upstreamTimeout: .error
    default: .warning
    }
  }

  /// The fields beside the name. Text that a client or an upstream chose is cut and cleaned.
  public var fields: Logger.Metadata {
    switch self {
    case .connectionEstablished(let ip, let total): ["ip": .string(ip), "totalConnections": .stringConvertible(total)]
    case .connectionClosed(let ip, let code, let reason, let remaining):
      [
        "ip": .string(ip), "code": .stringConvertible(code ?? 1006), "reason": Self.text(reason),
        "remainingConnections": .stringConvertible(remaining),
      ]
    case .connectionError(let ip, let error): ["ip": .string(ip), "error": Self.text(error)]
    case .connectionCleanupWarning(let ip, let message, let current):
      ["ip": .string(ip), "message": Self.text(message), "currentConnections": .stringConvertible(current)]
    case .blockedInvalidOrigin(let ip, let origin): ["ip": .string(ip), "origin": Self.text(origin)]
    case .blockedConnectionLimit(let ip, let current, let most), .blockedOverCapacity(let ip, let current, let most),
      .blockedHandshakeLimit(let ip, let current, let most):
      ["ip": .string(ip), "currentConnections": .stringConvertible(current), "maxAllowed": .stringConvertible(most)]
    case .authSuccess(let ip, let user): ["ip": .string(ip), "userId": Self.text(user)]
    case .authUnknownTier(let ip, let user, let tier): ["ip": .string(ip), "userId": Self.text(user), "tier": Self.text(tier)]
    case .limitWarning(let ip, let tier, let measure, let scope), .limitExceeded(let ip, let tier, let measure, let scope):
      ["ip": .string(ip), "tier": .string(tier), "measure": .string(measure), "scope": .string(scope)]
    case .authFailedInvalidToken(let ip, let error), .authUnavailable(let ip, let error), .blockedProxyHeader(let ip, let error),
      .blockedForwarding(let ip, let error):
      ["ip": .string(ip), "error": Self.text(error)]
    case .upstreamRefused(let ip, let upstream, let status):
      ["ip": .string(ip), "upstream": .string(upstream), "status": .stringConvertible(status)]
    case .upstreamUnreachable(let ip, let upstream, let error):
      ["ip": .string(ip), "upstream": .string(upstream), "error": Self.text(error)]
    case .upstreamTimeout(let ip, let upstream, let phase):
      ["ip": .string(ip), "upstream": .string(upstream), "phase": .string(phase)]
    case .sessionTokenIssued(let ip, let user, let route): ["ip": .string(ip), "userId": Self.text(user), "route": .string(route)]
    case .httpRateLimitExceeded(let ip, let path): ["ip": .string(ip), "path": .string(Redaction.url(path, limit: 256))]
    case .blockedFeatureDisabled(let ip), .blockedNetwork(let ip), .blockedRateLimit(let ip), .blockedDraining(let ip),
      .authFailedNoToken(let ip),
      .authTimeout(let ip), .authBlockedRateLimit(let ip):
      ["ip": .string(ip)]
    }
  }

  private static func text(_ text: String) -> Logger.MetadataValue { .string(LogText.clean(text)) }

  /// Writes the event.
  public func log(to logger: Logger, session: String? = nil) {
    var metadata = fields
    metadata["event"] = .string(name)
    if let session { metadata["session"] = .string(session) }
    logger.log(level: level, "\(name)", metadata: metadata)
  }

  /// Writes what happened to an opening or its session.
  public func log(to logger: Logger, of label: SessionLabel) {
    let metadata = fields.merging(label.fields) { own, _ in own }.merging(["event": .string(name)]) { own, _ in own }
    logger.log(level: level, "\(name)", metadata: metadata)
  }
}
