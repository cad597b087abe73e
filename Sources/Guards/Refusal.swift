import Telemetry

/// A session or request that is not to be. Every guard's no leaves the gateway as one of these.
///
/// Nothing in it comes from a credential or an upstream's text.
public struct Refusal: Error, Sendable, Equatable {
  public let kind: Kind
  /// What the client is told, in words.
  public let message: String
  /// The reason of the Close frame where a route refuses by closing.
  public let closeReason: String
  /// Seconds after which trying again makes sense; nil when it never does.
  public let retryAfter: Int?
  /// The limit that was met.
  public let budget: Budget?
  /// The value of `WWW-Authenticate`, which a 401 must have (RFC 9110 section 15.5.2).
  public let challenge: String?
  /// What the security log is told.
  public let event: SecurityEvent?

  public init(
    _ kind: Kind, message: String? = nil, closeReason: String? = nil, retryAfter: Int? = nil, budget: Budget? = nil,
    challenge: String? = nil, event: SecurityEvent? = nil
  ) {
    self.kind = kind
    self.message = message ?? kind.message
    self.closeReason = closeReason ?? kind.closeReason
    self.retryAfter = retryAfter ?? kind.retryAfter
    self.budget = budget
    self.challenge = challenge ?? (kind == .unauthorized ? "Bearer" : nil)
    self.event = event
  }

  /// The stable name in the answer, in logs and in metrics.
  public var type: String { kind.rawValue }
  public var status: Int { kind.status }

  /// How a route with `refuse: close` says it: a script sees neither a status nor a body. Nil where there is no socket to close.
  public var close: (code: UInt16, reason: String)? { kind.closeCode.map { ($0, closeReason) } }

  /// Header fields of the HTTP answer, beside ``SecurityHeaders``.
  public var headers: [(name: String, value: String)] {
    var headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
    headers += (budget?.headers ?? []).map { ($0.name, $0.value) }
    if let challenge { headers.append(("WWW-Authenticate", challenge)) }
    // RFC 9110 section 15.5.6.
    if kind == .methodNotAllowed { headers.append(("Allow", "GET")) }
    if kind == .upgradeRequired {
      // RFC 9110 section 15.5.22 and RFC 6455 section 4.4.
      headers += [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
    }
    return headers
  }

  /// `{"error":{"type":"rate_limited","message":"...","session":"..."}}`
  ///
  /// - Parameter session: the id that logs have for this opening; only letters, digits, `-`, `_` and `.` of it are written.
  public func body(session: String) -> [UInt8] {
    func safe(_ text: String) -> String { text.filter { $0.isASCII && $0 >= " " && $0 != "\"" && $0 != "\\" && $0 != "\u{7F}" } }
    let session = session.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    return Array(#"{"error":{"type":"\#(type)","message":"\#(safe(message))","session":"\#(session)"}}"#.utf8)
  }
}

extension Refusal: CustomStringConvertible {
  public var description: String { "\(type): \(message)" }
}
