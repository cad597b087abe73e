import COpenSSL
import Glibc

/// Why a TLS context, handshake or connection failed. The texts come from OpenSSL and from file names; keys and payload never appear.
public enum TLSError: Error, Equatable, Sendable {
  /// The peer's certificate, or one above it, is past its `notAfter`.
  case certificateExpired
  /// The peer's certificate, or one above it, is before its `notBefore`.
  case certificateNotYetValid
  /// The peer's certificate is not for the name (or IP address) that was dialled.
  case hostMismatch(host: String)
  /// The peer's certificate leads to no trusted authority; the text is OpenSSL's verification error.
  case untrusted(reason: String)
  /// The handshake failed: an alert of the peer (its text), or what the peer sent was no acceptable handshake.
  case handshake(reason: String)
  /// A certificate, key or CA file cannot be used. `path` is `inline` for PEM given in memory.
  case file(path: String, reason: String)
  /// The transport ended or was reset where the protocol did not allow an end.
  case closedEarly
  /// A violation or alert after the handshake, or a call that this state of the session does not allow.
  case `protocol`(reason: String)
  /// A setting that OpenSSL or the name rules refuse.
  case setting(reason: String)

  /// Stable name for logs, metrics and close reasons.
  public var name: String {
    switch self {
    case .certificateExpired: "certificate_expired"
    case .certificateNotYetValid: "certificate_not_yet_valid"
    case .hostMismatch: "host_mismatch"
    case .untrusted: "untrusted"
    case .handshake: "handshake"
    case .file: "file"
    case .closedEarly: "closed_early"
    case .protocol: "protocol"
    case .setting: "setting"
    }
  }
}

extension TLSError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .certificateExpired: "certificate of the peer has expired"
    case .certificateNotYetValid: "certificate of the peer is not valid yet"
    case .hostMismatch(let host): "certificate of the peer is not for \(host)"
    case .untrusted(let reason): "certificate of the peer is not trusted: \(reason)"
    case .handshake(let reason): "tls handshake failed: \(reason)"
    case .file(let path, let reason): "\(path): \(reason)"
    case .closedEarly: "connection ended inside the tls session"
    case .protocol(let reason): "tls session failed: \(reason)"
    case .setting(let reason): "tls setting: \(reason)"
    }
  }
}

extension TLSError {
  /// Text of the last entry of this thread's OpenSSL error queue, which is emptied.
  static func queuedReason() -> String {
    let code = ERR_peek_last_error()
    defer { ERR_clear_error() }
    guard code != 0 else { return "unknown error" }
    if let text = unsafe ERR_reason_error_string(code) { return unsafe String(cString: text) }
    return "error \(code)"
  }

  /// An error of X.509 verification (`X509_V_ERR_...`), or nil when verification did not fail.
  static func verification(_ code: Int, host: String?) -> TLSError? {
    switch Int32(truncatingIfNeeded: code) {
    case X509_V_OK: return nil
    case X509_V_ERR_CERT_HAS_EXPIRED: return .certificateExpired
    case X509_V_ERR_CERT_NOT_YET_VALID: return .certificateNotYetValid
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: return .hostMismatch(host: host ?? "the expected name")
    default:
      guard let text = unsafe X509_verify_cert_error_string(code) else { return .untrusted(reason: "verification error \(code)") }
      return unsafe .untrusted(reason: String(cString: text))
    }
  }
}
