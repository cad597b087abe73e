/// Why an upstream could not be opened. Its text is for the log; a client hears only the type of the refusal.
enum DialFailure: Error, Equatable, Sendable {
  /// The host has no address.
  case unresolved(String)
  /// No address took the connection.
  case unreachable(String)
  /// The whole dial took longer than its budget.
  case timedOut
  /// TLS failed: the name of the error.
  case tls(String)
  /// The upstream answered the upgrade, or a request before it, with this status.
  ///
  /// - `retryAfter`: its `Retry-After`, seconds.
  case refused(status: Int, retryAfter: Int? = nil)
  /// The request for the session's URL was answered, and not as expected.
  case initRefused(status: Int, String)
  /// A short-lived token could not be had: what came of the request for one.
  case noToken(String)
  /// The answer to the upgrade breaks RFC 6455 section 4.1.
  case badHandshake(String)
  /// The upstream ended the connection before it answered.
  case closedEarly
  /// The client left meanwhile.
  case cancelled

  /// Stable, bounded: the label of the dial failure metric.
  var name: String {
    switch self {
    case .unresolved: "unresolved"
    case .unreachable: "unreachable"
    case .timedOut: "timed_out"
    case .tls: "tls"
    case .refused: "refused"
    case .initRefused: "init_refused"
    case .noToken: "no_token"
    case .badHandshake: "bad_handshake"
    case .closedEarly: "closed_early"
    case .cancelled: "cancelled"
    }
  }

  /// What an operator needs to know beyond the name.
  var detail: String {
    switch self {
    case .unresolved(let text), .unreachable(let text), .tls(let text), .badHandshake(let text), .noToken(let text): text
    case .initRefused(_, let text): text
    case .refused(let status, _): "status \(status)"
    case .timedOut, .closedEarly, .cancelled: ""
    }
  }
}
