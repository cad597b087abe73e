/// Close frames in words (RFC 6455 section 7.4.1 and the registry of close codes).
enum CallClose {
  /// - Parameters:
  ///   - frame: nil where the connection was lost without one.
  ///   - quotesReason: whether the vendor's own words are shown.
  static func words(_ frame: CloseFrame?, _ errors: ErrorRules, quotesReason: Bool = true) -> String {
    guard let frame else { return "connection lost without a close frame" }
    let code = frame.code == 1005 ? "without a code" : "with \(frame.code)"
    let standing = name(frame.code).map { " (\($0))" } ?? ""
    let reason = frame.reason.isEmpty || !quotesReason ? "" : " '\(frame.reason)'"
    let meaning = errors.meaning(of: frame.code, reason: frame.reason).map { ": \($0.meaning)" } ?? ""
    return "closed \(code)\(standing)\(reason)\(meaning)"
  }

  private static func name(_ code: Int) -> String? {
    switch code {
    case 1000: "normal"
    case 1001: "going away"
    case 1002: "protocol error"
    case 1003: "unacceptable kind of data"
    case 1007: "inconsistent data"
    case 1008: "policy violation"
    case 1009: "message too big"
    case 1010: "extension missing"
    case 1011: "internal error"
    case 1012: "service restart"
    case 1013: "try again later"
    case 1014: "bad gateway"
    default: nil
    }
  }
}
