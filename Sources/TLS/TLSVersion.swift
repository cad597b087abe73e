import COpenSSL

/// The protocol versions spoken. Older ones are never offered or accepted (RFC 8996).
public enum TLSVersion: String, Sendable, Equatable, Comparable, CaseIterable, CustomStringConvertible {
  case v12 = "TLSv1.2"
  case v13 = "TLSv1.3"

  public var description: String { rawValue }

  public static func < (a: TLSVersion, b: TLSVersion) -> Bool { a.number < b.number }

  /// The version number on the wire, as OpenSSL's `SSL_version` reports it.
  var number: Int32 { self == .v12 ? TLS1_2_VERSION : TLS1_3_VERSION }

  init?(number: Int32) {
    switch number {
    case TLS1_2_VERSION: self = .v12
    case TLS1_3_VERSION: self = .v13
    default: return nil
    }
  }
}
