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
  /// The upstream answered the upgrade with this status.
  case refused(status: Int)
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
    case .badHandshake: "bad_handshake"
    case .closedEarly: "closed_early"
    case .cancelled: "cancelled"
    }
  }

  /// What an operator needs to know beyond the name.
  var detail: String {
    switch self {
    case .unresolved(let text), .unreachable(let text), .tls(let text), .badHandshake(let text): text
    case .refused(let status): "status \(status)"
    case .timedOut, .closedEarly, .cancelled: ""
    }
  }
}
