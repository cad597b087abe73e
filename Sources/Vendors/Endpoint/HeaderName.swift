/// Header names: compared without case (RFC 9110 section 5.1), and those that never pass from a client to an upstream.
public enum HeaderName {
  public static func equal(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
  }

  /// Whether a client's header must not reach an upstream whatever a route says: credentials, cookies, hop-by-hop fields (RFC 9110 section
  /// 7.6.1), the handshake's own, and those in which proxies write who the client is.
  public static func neverPasses(_ name: String) -> Bool {
    let lower = name.lowercased()
    return fixed.contains(lower) || prefixes.contains { lower.hasPrefix($0) }
  }

  private static let fixed: Set<String> = [
    "authorization", "cookie", "cookie2", "host", "origin", "content-length", "content-type", "expect", "max-forwards",
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
    "forwarded", "via", "x-real-ip", "true-client-ip", "cf-connecting-ip", "client-ip", "x-client-ip", "x-cluster-client-ip",
    "x-api-key", "api-key", "apikey", "xi-api-key", "x-goog-api-key", "ocp-apim-subscription-key", "x-amz-security-token", "x-auth-token",
    "openai-beta",
  ]

  private static let prefixes = ["sec-websocket-", "x-forwarded-", "proxy-"]

  /// RFC 9110 section 5.6.2 `token`: what a header name and a subprotocol may be written with.
  public static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// RFC 9110 section 5.5: no controls but the tab, so no second header can hide in a value.
  public static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
  }
}
