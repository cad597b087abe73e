/// Takes credentials out of what a client sent before it is written anywhere.
public enum Redaction {
  /// Query parameters that carry a credential at some vendor, in a signed URL, or at the gateway; lower case, `-` as `_`.
  static let credentialNames: Set<String> = [
    "token", "access_token", "accesstoken", "refresh_token", "id_token", "auth_token", "session_token", "single_use_token", "jwt",
    "jwt_token",
    "api_key", "apikey", "key", "xi_api_key", "x_api_key", "x_goog_api_key", "ocp_apim_subscription_key", "subscription_key",
    "authorization", "auth", "bearer", "secret", "client_secret", "ephemeral_token", "password", "passwd", "pwd", "code", "ticket",
    "sig", "signature", "signed_url", "secretid", "conversation_signature",
    "x_amz_credential", "x_amz_security_token", "x_amz_signature",
  ]

  /// A request target or URL fit for a log line: without user information, credential parameters and fragment, without control
  /// characters, and at most `limit` bytes.
  ///
  /// - Parameter names: further parameters to remove, such as those that a vendor's descriptor names.
  public static func url(_ url: String, names: Set<String> = [], limit: Int = 512) -> String {
    let withoutFragment = url.prefix { $0 != "#" }
    let parts = withoutFragment.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var result = withoutUser(parts[0])
    if parts.count == 2 {
      let kept = parts[1].split(separator: "&").filter { !isCredential($0, names) }
      if !kept.isEmpty { result += "?" + kept.joined(separator: "&") }
    }
    return LogText.clean(result, limit: limit)
  }

  /// Whether a query parameter of this (already decoded) name carries a credential.
  public static func isCredential(name: String, names: Set<String> = []) -> Bool {
    if names.contains(name) { return true }
    return credentialNames.contains(String(name.lowercased().map { $0 == "-" ? "_" : $0 }))
  }

  private static func isCredential(_ parameter: Substring, _ names: Set<String>) -> Bool {
    let name = parameter.prefix { $0 != "=" }
    return isCredential(name: decode(name), names: names)
  }

  /// `scheme://user:password@host/...` without what stands before the `@`; a path that holds an `@` is left as it is.
  private static func withoutUser(_ url: Substring) -> String {
    guard let scheme = url.firstRange(of: "://") else { return String(url) }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return String(url) }
    return String(url[..<scheme.upperBound]) + url[url.index(after: at)...]
  }

  /// Percent-decoding of a parameter's name, so that `%74oken` is seen as what it is.
  private static func decode(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
