/// What every HTTP answer of the gateway carries.
public enum SecurityHeaders {
  public static let contentPolicy = "Content-Security-Policy"

  /// The gateway serves no page of others, nothing to frame and nothing to guess the type of. Its own pages widen the policy for themselves.
  public static let always: [(name: String, value: String)] = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-XSS-Protection", "1; mode=block"),
    (contentPolicy, "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
  ]

  /// Only where the answer goes over TLS: elsewhere a browser must ignore it (RFC 6797 section 8.1).
  public static let strictTransport = (name: "Strict-Transport-Security", value: "max-age=31536000; includeSubDomains")

  public static func all(tls: Bool) -> [(name: String, value: String)] {
    tls ? always + [strictTransport] : always
  }
}
