import Configuration

/// Failures of a dial in words for the operator: what happened, and what to look at.
enum ProbeWords {
  /// - Parameters:
  ///   - host: name, without the port.
  ///   - address: host and port.
  ///   - times: of the dial, to tell what it was waiting for.
  static func of(_ failure: DialFailure, host: String, address: String, _ times: DialTimes, budget: Duration) -> String {
    switch failure {
    case .unresolved(let reason): "the name \(host) cannot be resolved: \(lower(reason))"
    case .unreachable(let reason): "no connection to \(address): \(lower(reason))"
    case .timedOut: "\(waiting(times, address)) within \(Units.text(budget))"
    case .tls(let name): "tls with \(address) failed: \(tls(name, host))"
    case .refused(let status, let wait):
      "status \(status): \(meaning(of: status))\(wait.map { "; again in \(Units.text(.seconds($0)))" } ?? "")"
    case .badHandshake: "the answer to the upgrade is not that of a WebSocket server (RFC 6455 section 4.1)"
    case .closedEarly: "\(address) closed the connection before it answered the upgrade"
    case .initRefused(_, let text): text
    case .noToken(let text): "no short-lived token for the credential: \(text)"
    case .cancelled: "cancelled"
    }
  }

  /// For a socket that is not an upstream's: there is no upstream to look at.
  static func plain(_ failure: DialFailure, host: String, address: String, budget: Duration) -> String {
    switch failure {
    case .timedOut: "no answer from \(address) within \(Units.text(budget))"
    case .refused(let status, _):
      switch status {
      case 401, 403: "status \(status) from \(address): the credential is missing or not good, or the origin is not allowed"
      case 404: "status \(status) from \(address): no such route"
      case 502, 504: "status \(status) from \(address): its upstream cannot be reached"
      default: "status \(status) from \(address): \(meaning(of: status))"
      }
    default: of(failure, host: host, address: address, DialTimes(), budget: budget)
    }
  }

  /// Whether something answered at all.
  static func reached(_ failure: DialFailure, _ times: DialTimes) -> Bool {
    switch failure {
    case .refused, .badHandshake, .closedEarly, .initRefused, .noToken: true
    // Connected, encrypted, and then silent.
    case .timedOut: times.isDone(.tls)
    case .unresolved, .unreachable, .tls, .cancelled: false
    }
  }

  private static func waiting(_ times: DialTimes, _ address: String) -> String {
    if times.isDone(.tls) { return "\(address) did not answer the upgrade" }
    if times.isDone(.tcp) { return "\(address) took the connection and did not answer" }
    return times.isDone(.dns) ? "no connection to \(address): it does not answer" : "the name of \(address) was not resolved"
  }

  private static func tls(_ name: String, _ host: String) -> String {
    switch name {
    case "certificate_expired": "its certificate has expired"
    case "certificate_not_yet_valid": "its certificate is not valid yet; look at this machine's clock"
    case "host_mismatch": "its certificate is not for \(host)"
    case "untrusted": "its certificate leads to no authority that is trusted; a private one is named by the upstream's 'tls.ca'"
    case "handshake": "no common version or cipher, or no TLS is spoken there"
    case "closed_early": "the connection ended inside the handshake"
    default: name.replacing("_", with: " ")
    }
  }

  private static func meaning(of status: Int) -> String {
    switch status {
    case 101: "accepted"
    case 200..<300: "answered as a page; no WebSocket is served at this path"
    case 300..<400: "redirected, which is not followed"
    case 400: "a parameter is missing or wrong"
    case 401, 403: "the credential was refused"
    case 402: "the account has no credit"
    case 404, 410: "nothing is served at this path"
    case 426: "the vendor wants another protocol"
    case 429: "a limit is reached"
    case 500...: "it cannot serve at present"
    default: "the upgrade was refused"
    }
  }

  private static func lower(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }
}
